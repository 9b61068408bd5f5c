import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import type { Client, Pool } from './pool.ts';
import { withRetriedTransaction } from './transaction.ts';

/** A resource on its way into the store, its text already minified and cut where meta goes. */
export interface StagedResource {
  readonly line: number;
  readonly type: string;
  readonly id: string;
  /** The resource is to be deleted; `head` is empty. */
  readonly deleted: boolean;
  /** Given in meta and kept; `undefined`: the store numbers the version. */
  readonly versionId: string | undefined;
  /** Instant text; `undefined`: the store's stamp. */
  readonly lastUpdated: string | undefined;
  readonly head: Buffer;
  readonly tail: Buffer | undefined;
  /** What the store writes between head and tail. */
  readonly splice: 'none' | 'last-updated' | 'version-and-last-updated';
  /** Patients whose compartments it is in, primary first. */
  readonly patients: readonly string[];
}

/** What a batch changed. */
export interface WriteSummary {
  readonly stored: number;
  readonly unchanged: number;
  readonly deleted: number;
}

/**
 * Writes a batch in one transaction, through the writers' contract (begin_write, merge_staged): each
 * resource that differs from the present becomes a new version. Begun again when it loses against a
 * concurrent writer. The batch may hold each (type, id) once.
 */
export async function writeResources(
  pool: Pool,
  batch: readonly StagedResource[],
): Promise<WriteSummary> {
  if (batch.length === 0) return { stored: 0, unchanged: 0, deleted: 0 };
  return await withRetriedTransaction(pool, (client) => writeStaged(client, batch));
}

/** The same inside a transaction of the caller's, which decides when it commits. */
export async function writeStaged(
  client: Client,
  batch: readonly StagedResource[],
): Promise<WriteSummary> {
  await client.query('select sluice.begin_write()');
  await pipeline(
    Readable.from(binaryCopy(batch), { objectMode: false, highWaterMark: 1 << 20 }),
    client.query(
      copyFrom(
        `copy pg_temp.staged_resources (line, type, id, deleted, version_id, last_updated, splice, head, tail, patients)
         from stdin (format binary)`,
      ),
    ),
  );
  const { rows } = await client.query<{ stored: number; unchanged: number; removed: number }>(
    'select stored, unchanged, removed from sluice.merge_staged()',
  );
  const summary = rows[0];
  if (!summary) throw new Error('merge_staged returned nothing');
  return { stored: summary.stored, unchanged: summary.unchanged, deleted: summary.removed };
}

const signature = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1');
const trailer = Buffer.from([0xff, 0xff]);
const nothing = Buffer.from([0xff, 0xff, 0xff, 0xff]);
const textOid = 25;

/** The batch in COPY's binary format: bodies go in as they are, without escapes. */
function* binaryCopy(batch: readonly StagedResource[]): Generator<Buffer> {
  yield signature;
  for (const resource of batch) {
    const fields = Buffer.concat([
      int16(10),
      sized(int32(resource.line)),
      text(resource.type),
      text(resource.id),
      sized(Buffer.from([resource.deleted ? 1 : 0])),
      text(resource.versionId),
      resource.lastUpdated === undefined ? nothing : sized(timestamp(resource.lastUpdated)),
      text(resource.splice),
      int32(resource.head.length),
    ]);
    yield fields;
    if (resource.head.length > 0) yield resource.head;
    if (resource.tail) {
      yield int32(resource.tail.length);
      yield resource.tail;
    } else {
      yield nothing;
    }
    yield sized(textArray(resource.patients));
  }
  yield trailer;
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function sized(bytes: Buffer): Buffer {
  return Buffer.concat([int32(bytes.length), bytes]);
}

function text(value: string | undefined): Buffer {
  return value === undefined ? nothing : sized(Buffer.from(value));
}

function textArray(values: readonly string[]): Buffer {
  const dimensions = values.length === 0 ? 0 : 1;
  const header = [int32(dimensions), int32(0), int32(textOid)];
  if (dimensions === 1) header.push(int32(values.length), int32(1));
  return Buffer.concat([...header, ...values.map(text)]);
}

const postgresEpochMs = Date.UTC(2000, 0, 1);

/** timestamptz: microseconds since 2000, exact for the UTC text `…:ss[.ffffff]Z` that fhir makes. */
function timestamp(instant: string): Buffer {
  const match = /^(.{19})(?:\.(\d{1,6}))?Z$/.exec(instant);
  const wholeMs = match ? Date.parse(`${match[1] ?? ''}Z`) : NaN;
  if (Number.isNaN(wholeMs)) throw new RangeError(`not a UTC instant: ${instant}`);
  const micros = BigInt((match?.[2] ?? '').padEnd(6, '0'));
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt(wholeMs - postgresEpochMs) * 1000n + micros);
  return bytes;
}
