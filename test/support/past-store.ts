import { dataOf, targetsOf } from './patients-data.ts';
import { keysOf, readFirstPatients, ServedStore } from './served-store.ts';
import { changedAfter, edited, keyOf, lineOf, type Version } from './stored-model.ts';
import { members, old, ownLines, to } from './supporting-data.ts';
import { isCompartmentType, microseconds, type Sample } from './synthea.ts';

/** A stamp that changed copies kept. */
export const changed = '2026-01-10T12:00:00.000500Z';
const again = '2026-02-10T12:00:00Z';
const restored = '2026-03-10T12:00:00Z';
const earlier = '2024-06-01T00:00:00Z';

/** Observations that are stored, and deleted, besides. */
export const bulk = 1100;

/** A window of time. */
export interface Asked {
  readonly since?: string;
  readonly until?: string;
}

/** A level that is about patients, and who they are. */
export interface PatientLevel {
  readonly path: string;
  /** Whose data it holds as of an instant. */
  readonly patients: (until?: string) => ReadonlySet<string>;
  /** Whose deletions it tells: those of deleted members too. */
  readonly everybody: () => ReadonlySet<string>;
}

/** Instants between what was stored one after the other. */
interface Marks {
  readonly loaded: string;
  readonly stamped: string;
  readonly deleted: string;
}

/** A served store with a past, and what exports of it should tell. */
export interface PastStore {
  readonly store: ServedStore;
  /** Sorted ids. The first one is the Group `few`, the others are the Group `many`; the fourth is deleted. */
  readonly patients: readonly string[];
  readonly mark: Marks;
}

/**
 * Serves the data of some of the Synthea patients, changed copies of some of it that kept their stamps (older ones
 * among them) or got new ones, deletions, and what was stored again afterwards.
 */
export async function servePastStore(): Promise<PastStore> {
  const samples = await readFirstPatients(6);
  const patients = samples
    .filter(({ type }) => type === 'Patient')
    .map(({ id }) => id)
    .sort();
  const [first = '', second = ''] = patients;
  const last = patients.at(-1) ?? '';
  const store = await ServedStore.create(samples);
  const { model } = store;
  const many = Array.from({ length: bulk }, (_, n) =>
    lineOf(`Observation/bulk-${n}`, old, { status: 'final', subject: to(`Patient/${first}`) }),
  );
  await store.load([
    ...ownLines(first, last),
    ...many,
    lineOf('Group/few', old, members([second])),
    lineOf('Group/many', old, members(patients.slice(1))),
  ]);
  const every = (n: number, offset: number) =>
    [...model.newest().values()].filter(
      ({ type, id }, i) => i % n === offset && type !== 'Group' && !id.startsWith('bulk'),
    );
  await store.load([
    ...every(7, 1).map((sample) => edited(sample, changed)),
    lineOf('Group/few', changed, members([first])),
  ]);
  await store.load(every(14, 1).map((sample) => edited(sample, again)));
  // Stored last, with stamps that are older than those of the versions before.
  await store.load(every(21, 1).map((sample) => edited(sample, earlier)));
  await store.load([
    edited(model.one('Observation/own-row'), again, (resource) => {
      resource['subject'] = to(`Patient/${last}`);
    }),
    edited(model.one('Observation/own-circle'), again, (resource) => delete resource['performer']),
  ]);
  const loaded = await store.now();
  await store.loadStamped(
    every(97, 5).map(({ line }) => line.replace(/^\{"resourceType":"\w+"/, '$&,"language":"en"')),
  );
  const stamped = await store.now();
  await store.remove([
    ...every(11, 3)
      .filter(({ type }) => isCompartmentType(type) && type !== 'Patient')
      .map(keyOf),
    ...many.map((_, n) => `Observation/bulk-${n}`),
    `Patient/${patients[3] ?? ''}`,
    'Practitioner/shared',
    'Practitioner/idle',
    'Device/unused',
  ]);
  const deleted = await store.now();
  const gone = model
    .deleted()
    .filter(
      ({ type, id }) => isCompartmentType(type) && type !== 'Patient' && !id.startsWith('bulk'),
    );
  await store.load(gone.filter((_, n) => n % 3 === 0).map((sample) => edited(sample, restored)));
  await store.loadStamped(gone.filter((_, n) => n % 3 === 1).map(({ line }) => line));
  return { store, patients, mark: { loaded, stamped, deleted } };
}

/** Those that changed after an instant, if one is given. */
export function after<T extends Sample>(samples: readonly T[], since?: string): T[] {
  return since === undefined ? [...samples] : changedAfter(samples, since);
}

/** The levels that are about patients. Who was there at the instant, or is there now, is a member. */
export function levelsOf({ store, patients }: PastStore): Record<string, PatientLevel> {
  const there = (ids: readonly string[], until?: string): ReadonlySet<string> => {
    const present = new Set(keysOf([...store.model.present(until), ...store.model.present()]));
    return new Set(ids.filter((id) => present.has(`Patient/${id}`)));
  };
  const group = (path: string, ids: readonly string[]): PatientLevel => ({
    path,
    patients: (until) => there(ids, until),
    everybody: () => new Set(ids),
  });
  const all = new Set(patients);
  return {
    few: group('/Group/few/$export', patients.slice(0, 1)),
    many: group('/Group/many/$export', patients.slice(1)),
    patient: { path: '/Patient/$export', patients: () => all, everybody: () => all },
  };
}

/** Whether a resource is in the compartment of one of these patients. */
export function isAbout({ patients }: Sample, of: ReadonlySet<string>): boolean {
  return [...patients].some((id) => of.has(id));
}

/** The deletions that an export at a level tells, as of an instant. */
export function deletionsFor({ store }: PastStore, level: PatientLevel, until?: string): Version[] {
  const everybody = level.everybody();
  const present = store.model.present(until);
  const deleted = store.model.deleted(until);
  const isTheirs = (version: Version): boolean =>
    isCompartmentType(version.type) && isAbout(version, everybody);
  const theirs = new Set([...present, ...deleted].filter(isTheirs).map(keyOf));
  // Whatever version refers to it, and whether what refers to it is there or not.
  const ever = store.model.versions.filter((version) => !version.deleted);
  const reached = new Set(keysOf(dataOf(ever, everybody)));
  return deleted.filter(
    (version) =>
      isTheirs(version) ||
      (!isCompartmentType(version.type) && reached.has(keyOf(version))) ||
      (version.type === 'Provenance' && targetsOf(version).some((target) => theirs.has(target))),
  );
}

/**
 * What `_history` gives: every version, but of what is deleted the last one with `_deleted`, which has a mark
 * then, and none with `_since`, where `deleted` names it.
 */
export function historyOf(
  { store: { model } }: PastStore,
  { since, until }: Asked,
  withDeleted: boolean,
): Version[] {
  const limit = until === undefined ? undefined : microseconds(until);
  const deleted = new Set(model.deleted(until));
  const keys = new Set(keysOf([...deleted]));
  const kept = model.versions.filter((version) => {
    if (version.deleted || (limit !== undefined && version.updated > limit)) return false;
    if (!keys.has(keyOf(version))) return true;
    return withDeleted ? !deleted.has(model.next(version) as Version) : since === undefined;
  });
  return after(kept, since);
}
