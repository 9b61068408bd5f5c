import { absentGroup, absentMember, readGroup } from '@sluice/export';
import type { Issue } from '@sluice/fhir';
import type { Queryable } from './pool.ts';

/** Whose data an export holds. */
export interface Members {
  /** Logical ids of Patients that are there, each once, sorted. */
  readonly patients: string[];
  /** Those of the list that were there and are deleted: their deletions are told with `_since`. */
  readonly deleted: string[];
  /** Who was left out, and why. */
  readonly notices: Issue[];
}

/** Whether a Group is there now. */
export async function groupExists(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from sluice.resources where type = 'Group' and is_current and not deleted and id = $1`,
    [id],
  );
  return rowCount === 1;
}

/**
 * Resolves a Group's members as of an instant: nested Groups followed, each once; absent ones
 * reported. Memory is that of the Groups of one level and the ids of the members.
 *
 * @param at instant text; default: now
 */
export async function resolveGroupMembers(
  db: Queryable,
  groupId: string,
  at?: string,
): Promise<Members> {
  const instant = at ?? (await now(db));
  const visited = new Set<string>();
  const patients = new Set<string>();
  const notices: Issue[] = [];
  let level = [groupId];
  while (level.length > 0) {
    for (const id of level) visited.add(id);
    const bodies = await readGroups(db, level, instant);
    notices.push(...level.filter((id) => !bodies.has(id)).map(absentGroup));
    const next = new Set<string>();
    for (const body of bodies.values()) {
      const reading = readGroup(JSON.parse(body), instant);
      for (const patient of reading.patients) patients.add(patient);
      for (const group of reading.groups) if (!visited.has(group)) next.add(group);
      notices.push(...reading.notices);
    }
    level = [...next];
  }
  const present = await keepPresent(db, [...patients], instant);
  notices.push(...present.absent.map(absentMember));
  return { patients: present.patients, deleted: present.deleted, notices };
}

/** A list of patients, sorted by what the store knows of them at an instant. */
export interface Presence {
  readonly patients: string[];
  /** Not there, whether ever stored or not. */
  readonly absent: string[];
  /** The absent ones that were there and are deleted. */
  readonly deleted: string[];
}

/** Of a list of patients, those that are there as of an instant (default: now), and the others. */
export async function keepPresent(
  db: Queryable,
  ids: readonly string[],
  at?: string,
): Promise<Presence> {
  const instant = at ?? (await now(db));
  const { rows } = await db.query<{ id: string; deleted: boolean | null }>(
    `select w.id, (select r.deleted from sluice.resources r
                    where r.type = 'Patient' and r.id = w.id
                      and r.stored_at <= $2::timestamptz and r.superseded_at > $2::timestamptz) as deleted
       from (select distinct unnest($1::text[]) as id) w
      order by w.id collate "C"`,
    [ids, instant],
  );
  const idsWhere = (wanted: (deleted: boolean | null) => boolean): string[] =>
    rows.filter((row) => wanted(row.deleted)).map((row) => row.id);
  return {
    patients: idsWhere((deleted) => deleted === false),
    absent: idsWhere((deleted) => deleted !== false),
    deleted: idsWhere((deleted) => deleted === true),
  };
}

/** Of a list of patients, those that are not there now. */
export async function findUnknownPatients(
  db: Queryable,
  ids: readonly string[],
): Promise<string[]> {
  return (await keepPresent(db, ids)).absent;
}

async function readGroups(
  db: Queryable,
  ids: readonly string[],
  at: string,
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; body: string }>(
    `select r.id, r.body from sluice.resources r
      where r.type = 'Group' and r.id = any($1::text[]) and not r.deleted
        and r.stored_at <= $2::timestamptz and r.superseded_at > $2::timestamptz`,
    [ids, at],
  );
  return new Map(rows.map((row) => [row.id, row.body]));
}

async function now(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ now: string }>(
    'select sluice.instant(clock_timestamp()) as now',
  );
  return rows[0]?.now ?? '';
}
