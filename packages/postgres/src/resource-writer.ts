import type { ConditionalReference } from '@sluice/fhir';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { from as copyFrom } from 'pg-copy-streams';
import { CopyEncoder } from './copy-encoder.ts';
import { identifyTypes, noteSearches } from './identified.ts';
import { dropOlder } from './drop-older.ts';
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
  /** Patients whose compartments it is in, primary first; outside the compartment, those it mentions. Ids, or `?search`. */
  readonly patients: readonly string[];
  /** `Type/id`, or `Type?search`, of the resources of supporting types that its text refers to. */
  readonly supporting: readonly string[];
  /** Of a Provenance: `Type/id` of what it is about, and when it was recorded, as instant text. */
  readonly targets: readonly string[];
  readonly recorded: string | undefined;
  /** What the searches in `patients`, `supporting` and `targets` look for. */
  readonly conditional?: readonly ConditionalReference[] | undefined;
}

/** What a batch changed. */
export interface WriteSummary {
  readonly stored: number;
  readonly unchanged: number;
  readonly deleted: number;
  /** Resources and deletions that are older than what is there, which stays. */
  readonly older: number;
}

/** How a batch is written. */
export interface WriteOptions {
  /** Leave what is older than what is there out, see `dropOlder`. */
  readonly keepNewer?: boolean;
}

/**
 * Writes a batch in one transaction, through the writers' contract (begin_write, merge_staged): each
 * resource that differs from the present becomes a new version. Begun again when it loses against a
 * concurrent writer. The batch may hold each (type, id) once.
 */
export async function writeResources(
  pool: Pool,
  batch: readonly StagedResource[],
  options: WriteOptions = {},
): Promise<WriteSummary> {
  if (batch.length === 0) return { stored: 0, unchanged: 0, deleted: 0, older: 0 };
  await identifyTypes(
    pool,
    searchesOf(batch).map(({ type }) => type),
  );
  return await withRetriedTransaction(pool, (client) => writeStaged(client, batch, options));
}

/** The same inside a transaction of the caller's, which decides when it commits. The types that are searched for have to be identified. */
export async function writeStaged(
  client: Client,
  batch: readonly StagedResource[],
  { keepNewer = false }: WriteOptions = {},
): Promise<WriteSummary> {
  await client.query('select sluice.begin_write()');
  await noteSearches(client, searchesOf(batch));
  await pipeline(
    Readable.from(binaryCopy(batch), { objectMode: false, highWaterMark: 1 << 20 }),
    client.query(
      copyFrom(
        `copy pg_temp.staged_resources (line, type, id, deleted, version_id, last_updated, splice, head, tail, patients, supporting, targets, recorded)
         from stdin (format binary)`,
      ),
    ),
  );
  const older = keepNewer ? await dropOlder(client, datedTypes(batch)) : 0;
  const { rows } = await client.query<{ stored: number; unchanged: number; removed: number }>(
    'select stored, unchanged, removed from sluice.merge_staged()',
  );
  const summary = rows[0];
  if (!summary) throw new Error('merge_staged returned nothing');
  return { stored: summary.stored, unchanged: summary.unchanged, deleted: summary.removed, older };
}

/** The types of which a resource says how old it is. */
function datedTypes(batch: readonly StagedResource[]): Set<string> {
  const types = new Set<string>();
  for (const { type, versionId, lastUpdated } of batch) {
    if (versionId !== undefined || lastUpdated !== undefined) types.add(type);
  }
  return types;
}

function searchesOf(batch: readonly StagedResource[]): ConditionalReference[] {
  const found = new Map<string, ConditionalReference>();
  for (const { conditional = [] } of batch) {
    for (const each of conditional) found.set(each.type + each.search, each);
  }
  return [...found.values()];
}

/** Sent at once. */
const chunkBytes = 256 * 1024;

/** The batch in COPY's binary format: bodies go in as they are, without escapes. */
function* binaryCopy(batch: readonly StagedResource[]): Generator<Buffer> {
  const encoder = new CopyEncoder(chunkBytes + 64 * 1024).begin();
  for (const resource of batch) {
    encoder
      .row(13)
      .integer(resource.line)
      .text(resource.type)
      .text(resource.id)
      .boolean(resource.deleted)
      .text(resource.versionId)
      .timestamp(resource.lastUpdated)
      .text(resource.splice)
      .bytes(resource.head)
      .bytes(resource.tail)
      .textArray(resource.patients)
      .textArray(resource.supporting)
      .textArray(resource.targets)
      .timestamp(resource.recorded);
    if (encoder.length >= chunkBytes) yield encoder.take();
  }
  yield encoder.end().take();
}
