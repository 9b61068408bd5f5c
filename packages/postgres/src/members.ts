import { absentGroups, absentMembers, readGroup, searchesOf } from '@sluice/export';
import type { ConditionalReference, Issue } from '@sluice/fhir';
import { findIdentified, hasSearches } from './identified.ts';
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

/** When to look: an export's transactionTime, and its `_until` if it has one; default: now. */
export interface Moment {
  readonly transactionTime: string;
  readonly until?: string | undefined;
}

/** Names of this store. */
export interface Naming {
  readonly bases: readonly string[];
}

/**
 * Resolves the members of Groups, each patient once: nested Groups followed, each once; absent ones reported. Who is a
 * member is decided as of transactionTime, also with `_until`: the Group says whose past is asked for. No Groups have no members.
 */
export async function resolveGroupMembers(
  db: Queryable,
  groupIds: readonly string[],
  { at, bases }: Naming & { readonly at?: Moment | undefined },
): Promise<Members> {
  const moment = at ?? { transactionTime: await now(db) };
  const { transactionTime } = moment;
  const listed = await walkGroups(
    groupIds,
    { instant: transactionTime, ...(await reading(db, bases, transactionTime)) },
    (ids) => readGroups(db, ids, transactionTime),
  );
  const present = await keepPresent(db, [...listed.patients], moment);
  return {
    patients: present.patients,
    deleted: present.deleted,
    notices: [...listed.notices, ...absentMembers(present.absent)],
  };
}

/** Which of these patients are members of one of the Groups now, and there. */
export async function keepMembers(
  db: Queryable,
  groupIds: readonly string[],
  ids: readonly string[],
  { bases }: Naming,
): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const instant = await now(db);
  const { patients } = await walkGroups(
    groupIds,
    { instant, ...(await reading(db, bases, instant)) },
    (groups) => readGroups(db, groups, instant),
  );
  const members = ids.filter((id) => patients.has(id));
  return new Set((await keepPresent(db, members, { transactionTime: instant })).patients);
}

/**
 * The members that Groups had at `since`, by its versions' last_updated and by the members' periods:
 * whoever is one at transactionTime and not among them has joined in between.
 */
export async function findFormerMembers(
  db: Queryable,
  groupIds: readonly string[],
  {
    since,
    transactionTime,
    bases,
  }: Naming & { readonly since: string; readonly transactionTime: string },
): Promise<ReadonlySet<string>> {
  const { patients } = await walkGroups(
    groupIds,
    { instant: since, ...(await reading(db, bases, transactionTime)) },
    (ids) => readFormerGroups(db, ids, since, transactionTime),
  );
  return patients;
}

/**
 * Follows Groups and those nested in them, level by level. Memory is that of the Groups of one level
 * and the ids of the members.
 */
async function walkGroups(
  groupIds: readonly string[],
  how: HowToRead,
  read: (ids: readonly string[]) => Promise<Map<string, string>>,
): Promise<{ readonly patients: ReadonlySet<string>; readonly notices: Issue[] }> {
  const visited = new Set<string>();
  const patients = new Set<string>();
  const notices: Issue[] = [];
  let level = [...new Set(groupIds)];
  while (level.length > 0) {
    for (const id of level) visited.add(id);
    const bodies = await read(level);
    notices.push(...absentGroups(level.filter((id) => !bodies.has(id))));
    const next = new Set<string>();
    for (const body of bodies.values()) {
      const group: unknown = JSON.parse(body);
      const found = await how.find(searchesOf(group, how.bases));
      const reading = readGroup(group, how.instant, { bases: how.bases, found });
      for (const patient of reading.patients) patients.add(patient);
      for (const group of reading.groups) if (!visited.has(group)) next.add(group);
      notices.push(...reading.notices);
    }
    level = [...next];
  }
  return { patients, notices };
}

/** How the members of Groups are read: as of when, and what their references mean. */
interface HowToRead extends Naming {
  readonly instant: string;
  /** Where conditional references lead. */
  readonly find: (
    searches: readonly ConditionalReference[],
  ) => Promise<ReadonlyMap<string, string>>;
}

async function reading(
  db: Queryable,
  bases: readonly string[],
  at: string,
): Promise<Omit<HowToRead, 'instant'>> {
  const canFind = await hasSearches(db);
  return {
    bases,
    find: async (searches) => (canFind ? await findEach(db, searches, at) : new Map()),
  };
}

/** What each of these references leads to, by type and search; those that lead to none or several are not among them. */
async function findEach(
  db: Queryable,
  searches: readonly ConditionalReference[],
  at: string,
): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const type of new Set(searches.map((search) => search.type))) {
    const ofType = searches.filter((search) => search.type === type);
    const matches = await findIdentified(db, type, ofType, at);
    ofType.forEach(({ search }, index) => {
      const { id, count } = matches[index] ?? { id: undefined, count: 0 };
      if (id !== undefined && count === 1) found.set(type + search, id);
    });
  }
  return found;
}

/** A list of patients, sorted by what the store knows of them. */
export interface Presence {
  readonly patients: string[];
  /** Not there, whether ever stored or not. */
  readonly absent: string[];
  /** The absent ones that were there and are deleted. */
  readonly deleted: string[];
}

/** Of a list of patients, those that are there (with `until` also those that were there then), and the others. */
export async function keepPresent(
  db: Queryable,
  ids: readonly string[],
  at?: Moment,
): Promise<Presence> {
  const { transactionTime, until } = at ?? { transactionTime: await now(db) };
  const { rows } = await db.query<{ id: string; deleted: boolean | null }>(
    `select w.id, (select bool_and(r.deleted) from sluice.resources r
                    where r.type = 'Patient' and r.id = w.id and r.stored_at <= $2::timestamptz
                      and (r.superseded_at > $2::timestamptz
                           or ($3::timestamptz is not null and r.last_updated <= $3::timestamptz
                               and not exists (select from sluice.resources n
                                                where n.type = 'Patient' and n.id = r.id and n.seq > r.seq
                                                  and n.stored_at <= $2::timestamptz and n.last_updated <= $3::timestamptz)))
                  ) as deleted
       from (select distinct unnest($1::text[]) as id) w
      order by w.id collate "C"`,
    [ids, transactionTime, until ?? null],
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

/** Groups as they were at an instant by last_updated, whenever that was stored. */
async function readFormerGroups(
  db: Queryable,
  ids: readonly string[],
  since: string,
  transactionTime: string,
): Promise<Map<string, string>> {
  const { rows } = await db.query<{ id: string; body: string; deleted: boolean }>(
    `select distinct on (r.id) r.id, r.body, r.deleted from sluice.resources r
      where r.type = 'Group' and r.id = any($1::text[])
        and r.stored_at <= $3::timestamptz and r.last_updated <= $2::timestamptz
      order by r.id, r.seq desc`,
    [ids, since, transactionTime],
  );
  return new Map(rows.filter((row) => !row.deleted).map((row) => [row.id, row.body]));
}

async function now(db: Queryable): Promise<string> {
  const { rows } = await db.query<{ now: string }>(
    'select sluice.instant(clock_timestamp()) as now',
  );
  return rows[0]?.now ?? '';
}
