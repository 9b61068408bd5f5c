import type { Queryable } from './pool.ts';

/** One version of a resource. */
export interface StoredVersion {
  /** Its JSON as it is stored; empty when it is deleted. */
  readonly body: string;
  readonly versionId: string;
  /** UTC instant text. */
  readonly lastUpdated: string;
  readonly deleted: boolean;
}

const columns = `body, version_id as "versionId", sluice.instant(last_updated) as "lastUpdated", deleted`;

/** The present version of a resource, its tombstone when it is deleted; `undefined` when it was never there. */
export async function readResource(
  db: Queryable,
  type: string,
  id: string,
): Promise<StoredVersion | undefined> {
  const { rows } = await db.query<StoredVersion>(
    `select ${columns} from sluice.resources where type = $1 and is_current and id = $2`,
    [type, id],
  );
  return rows[0];
}

/** A version of a resource, the newest one by that id, a tombstone too; `undefined` when there is none, or it is not kept any more. */
export async function readVersion(
  db: Queryable,
  type: string,
  id: string,
  versionId: string,
): Promise<StoredVersion | undefined> {
  const { rows } = await db.query<StoredVersion>(
    `select ${columns} from sluice.resources
      where type = $1 and id = $2 and version_id = $3
      order by seq desc limit 1`,
    [type, id, versionId],
  );
  return rows[0];
}

/** A resource as it was stored at an instant; `undefined` when it was not there, or was deleted then. */
export async function readResourceAt(
  db: Queryable,
  type: string,
  id: string,
  at: string,
): Promise<StoredVersion | undefined> {
  const { rows } = await db.query<StoredVersion>(
    `select ${columns} from sluice.resources
      where type = $1 and id = $2 and not deleted
        and stored_at <= $3::timestamptz and superseded_at > $3::timestamptz`,
    [type, id, at],
  );
  return rows[0];
}
