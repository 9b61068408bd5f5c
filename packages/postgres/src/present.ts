import { createHash, hash as hashOf } from 'node:crypto';
import { text } from './literals.ts';
import type { Queryable } from './pool.ts';
import type { StagedResource } from './resource-writer.ts';

/** What the store has of a resource now, without its text. */
export interface PresentText {
  /** SHA-256 of the text, in hexadecimal digits. */
  readonly sha256: string;
  readonly versionId: string;
  /** As it is written in texts that the store stamps. */
  readonly lastUpdated: string;
}

/** Whether the store has, or had, any resource. */
export async function hasResources(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ any: boolean }>(
    'select exists (select from sluice.resources) as any',
  );
  return rows[0]?.any === true;
}

/** A resource, by what names it. */
interface Named {
  readonly type: string;
  readonly id: string;
}

/** What the store has of some resources, by type and id. */
export type PresentTexts = ReadonlyMap<string, ReadonlyMap<string, PresentText>>;

/**
 * Looks up resources; those that are not there, or deleted, are missing in the answer. So is Provenance, whose targets are noted anew with
 * every write.
 */
export async function readPresent(
  db: Queryable,
  resources: readonly Named[],
): Promise<PresentTexts> {
  const byType = new Map<string, string[]>();
  for (const { type, id } of resources) {
    if (type === 'Provenance') continue;
    const ids = byType.get(type);
    if (ids === undefined) byType.set(type, [id]);
    else ids.push(id);
  }
  const present = new Map<string, ReadonlyMap<string, PresentText>>();
  for (const [type, ids] of byType) present.set(type, await readPresentOf(db, type, ids));
  return present;
}

async function readPresentOf(
  db: Queryable,
  type: string,
  ids: readonly string[],
): Promise<Map<string, PresentText>> {
  const { rows } = await db.query<[string, string, string, string]>({
    // As sluice.instant writes it, which costs ten times as much for the setting that it makes.
    text: `select r.id, encode(sha256(convert_to(r.body, 'UTF8')), 'hex'), r.version_id,
                  to_char(r.last_updated at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
             from sluice.resources r
            where r.type = ${text(type)} and r.is_current and not r.deleted and r.id = any ($1::text[])`,
    values: [ids],
    rowMode: 'array',
  });
  return new Map(
    rows.map(([id, sha256, versionId, lastUpdated]) => [id, { sha256, versionId, lastUpdated }]),
  );
}

/** A text that is stored with what the store writes into it, as `spliceMeta` cuts it. */
export type CutText = Pick<StagedResource, 'head' | 'tail' | 'splice'>;

/** Says whether the store would leave the resource alone: its text, stamped as the present one is, is that very text. */
export function isPresent({ head, tail, splice }: CutText, present: PresentText): boolean {
  if (splice === 'none') return hashOf('sha256', head) === present.sha256;
  const version = splice === 'last-updated' ? '' : `"versionId":"${present.versionId}",`;
  const hash = createHash('sha256')
    .update(head)
    .update(`${version}"lastUpdated":"${present.lastUpdated}"`)
    .update(tail ?? '');
  return hash.digest('hex') === present.sha256;
}

/** Of a batch, those that `merge_staged` would find unchanged. Deletions are not looked at, nor is what `readPresent` leaves out. */
export async function findUnchanged(
  db: Queryable,
  batch: readonly StagedResource[],
): Promise<Set<StagedResource>> {
  const stored = batch.filter(({ deleted }) => !deleted);
  const present = await readPresent(db, stored);
  return new Set(
    stored.filter((resource) => {
      const found = present.get(resource.type)?.get(resource.id);
      return found !== undefined && isPresent(resource, found);
    }),
  );
}
