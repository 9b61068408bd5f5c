import { randomInt } from 'node:crypto';
import type { Client, Pool } from '@sluice/postgres';

/** A resource, or its deletion, and what the writers' contract wants to know of it. */
export interface Change {
  readonly type: string;
  readonly id: string;
  readonly deleted: boolean;
  readonly body: string;
  /** For types outside the compartment: the patients it mentions, sorted. */
  readonly patients: readonly string[];
  readonly supporting: readonly string[];
  readonly targets: readonly string[];
  readonly recorded: string | null;
}

/** Device and Location are outside the compartment. */
const types = ['Observation', 'Encounter', 'Provenance', 'Group', 'Device', 'Location'] as const;
const inCompartment = new Set<string>(['Observation', 'Encounter', 'Provenance', 'Group']);
/** Whose references count for the patients; those of the others count for the resource itself. */
const byPatient = new Set<string>(['Observation', 'Encounter']);
const references = ['Practitioner/1', 'Practitioner/12', 'Organization/o.1', 'Location/l0'];

/** How a reference to `Type/id` may be written, and what must not be taken for one. */
const spellings = [
  (key: string) => `{"reference":"${key}"}`,
  (key: string) => `{"display":"Dr. \\u0000 \\ud800 \\"x\\"","reference":"/${key}"}`,
  (key: string) => `{"reference":"${key.replace('/', '\\/')}"}`,
  (key: string) => `{"reference":"${key}/_history/3"}`,
];
const noReferences =
  '[{"reference":"#Practitioner"},{"reference":"urn:uuid:1"},{"reference":{"x":1}},{"reference":"Practitioner?name=1"},{"reference":"https://elsewhere.example/Practitioner/77"},{"reference":"Foo/1"},{"text":"\\"reference\\":\\"Practitioner/77\\""}]';

/** One change at random of one of a few resources, so that most of them change often. */
export function randomChange(): Change {
  const type = oneOf(types);
  const id = `${type.charAt(0).toLowerCase()}${randomInt(5)}`;
  if (randomInt(6) === 0) {
    const nothing = { body: '', patients: [], supporting: [], targets: [], recorded: null };
    return { type, id, deleted: true, ...nothing };
  }
  const patients = someOf(['p0', 'p1', 'p2']);
  const supporting = someOf(references);
  const targets = type === 'Provenance' ? someOf(['Observation/o0', 'Encounter/e1']) : [];
  const recorded = type === 'Provenance' ? `2026-01-0${randomInt(1, 9)}T00:00:00.5Z` : null;
  const written = (keys: readonly string[]): string =>
    keys.map((key) => oneOf(spellings)(key)).join(',');
  const body =
    `{"resourceType":"${type}","id":"${id}","n":${randomInt(1e9)},"a":[${written(supporting)}],` +
    `"contained":[{"b":{"c":[${written(patients.map((patient) => `Patient/${patient}`))}]}}],` +
    (recorded === null ? '' : `"recorded":"${recorded}","target":[${written(targets)}],`) +
    `"none":${noReferences}}`;
  return { type, id, deleted: false, body, patients, supporting, targets, recorded };
}

function oneOf<T>(items: readonly T[]): T {
  const item = items[randomInt(items.length)];
  if (item === undefined) throw new Error('nothing to choose from');
  return item;
}

function someOf<T>(items: readonly T[]): T[] {
  return items.filter(() => randomInt(3) === 0);
}

/**
 * Writes a batch inside the client's transaction. As the contract was before (`older`) there is no
 * word of references, and types outside the compartment have no patients.
 */
export async function writeBatch(
  client: Client,
  changes: readonly Change[],
  contract: 'present' | 'older' = 'present',
): Promise<void> {
  await client.query('select sluice.begin_write()');
  for (const [line, change] of changes.entries()) {
    const { type, id, deleted, body, supporting, targets, recorded } = change;
    const values: unknown[] = [line, type, id, deleted, body];
    if (contract === 'older') {
      await client.query(
        `insert into staged_resources (line, type, id, deleted, splice, head, patients)
         values ($1, $2, $3, $4, 'none', $5, $6)`,
        [...values, inCompartment.has(type) ? change.patients : []],
      );
    } else {
      await client.query(
        `insert into staged_resources (line, type, id, deleted, splice, head, patients, supporting, targets, recorded)
         values ($1, $2, $3, $4, 'none', $5, $6, $7, $8, $9)`,
        [...values, change.patients, supporting, targets, recorded],
      );
    }
  }
  await client.query('select sluice.merge_staged()');
}

/** A version as it is stored. */
export interface Version {
  readonly type: string;
  readonly id: string;
  readonly seq: number;
  readonly stored_at: string;
  readonly superseded_at: string;
  readonly deleted: boolean;
  readonly body: string;
  readonly patient: string | null;
  readonly further: string[];
}

/** Every version that is stored. */
export async function readVersions(pool: Pool): Promise<Version[]> {
  const { rows } = await pool.query<Version>(
    `select r.type, r.id, r.seq::int, sluice.instant(r.stored_at) as stored_at,
            case when r.is_current then 'infinity' else sluice.instant(r.superseded_at) end as superseded_at,
            r.deleted, r.body, r.patient,
            array(select p.patient from sluice.resource_patients p where p.seq = r.seq order by 1) as further
       from sluice.resources r order by r.seq`,
  );
  return rows;
}

/** What the store is to know of references: `from_type from_id target` → since when, and whether stale. */
export type References = Record<string, { since: string; stale: boolean }>;

/** Works out from all versions what is to be known; `changes` are what was written, by their bodies. */
export function expectedReferences(
  versions: readonly Version[],
  changes: ReadonlyMap<string, Change>,
): References {
  const made = new Map<Version, Set<string>>(
    versions.map((version) => [version, referencesOf(changes.get(version.body))]),
  );
  const next = new Map(versions.map((v) => [`${v.type}/${v.id} ${v.stored_at}`, v]));
  const expected: References = {};
  for (const [version, keys] of made) {
    const successor = next.get(`${version.type}/${version.id} ${version.superseded_at}`);
    for (const key of keys) {
      const known = (expected[key] ??= { since: version.stored_at, stale: false });
      if (version.stored_at < known.since) known.since = version.stored_at;
      const goesOn = successor && made.get(successor)?.has(key);
      if (version.superseded_at !== 'infinity' && goesOn !== true) known.stale = true;
    }
  }
  return expected;
}

function referencesOf(change: Change | undefined): Set<string> {
  if (change === undefined || change.deleted) return new Set();
  const { type, id, patients, supporting } = change;
  const from = byPatient.has(type) ? patients : [id];
  return new Set(from.flatMap((each) => supporting.map((target) => `${type} ${each} ${target}`)));
}

/** What the store knows of references. */
export async function readReferences(pool: Pool): Promise<References> {
  const { rows } = await pool.query<{ key: string; since: string; stale: boolean }>(
    `select from_type || ' ' || from_id || ' ' || target_type || '/' || target_id as key,
            sluice.instant(stored_at) as since, stale
       from sluice.supporting_references`,
  );
  return Object.fromEntries(rows.map(({ key, since, stale }) => [key, { since, stale }]));
}

/** What each version of a Provenance is to be known to be about, and when it was recorded. */
export function expectedTargets(
  versions: readonly Version[],
  changes: ReadonlyMap<string, Change>,
): string[] {
  return versions
    .flatMap(({ seq, body }) => {
      const { targets = [], recorded = null } = changes.get(body) ?? {};
      return targets.map((target) => `${seq} ${target} ${recorded?.replace('.5Z', '.500000Z')}`);
    })
    .sort();
}

/** What the store knows of it. */
export async function readTargets(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ row: string }>(
    `select seq || ' ' || target_type || '/' || target_id || ' ' || sluice.instant(recorded) as row
       from sluice.provenance_targets`,
  );
  return rows.map(({ row }) => row).sort();
}
