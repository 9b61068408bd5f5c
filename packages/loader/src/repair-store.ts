import {
  addSupporting,
  type Client,
  findWrongDeletions,
  identifyTypes,
  listStoredTypes,
  lockForRepair,
  noteLocalBases,
  noteSearches,
  type Pool,
  readNotedVersions,
  unidentifiedTypes,
  withRetriedTransaction,
  writePatients,
  writeTargets,
} from '@sluice/postgres';
import { keyOf } from './conditional-targets.ts';
import { deriveFacts } from './derive-facts.ts';

/** What a repair corrected. */
export interface StoreRepair {
  /** Versions that were looked at. */
  readonly versions: number;
  /** Versions, deletions among them, that were noted in the compartments of other patients than they are in. */
  readonly compartments: number;
  /** References to supporting resources that were not noted. */
  readonly supporting: number;
  /** Versions of Provenance that were noted with other targets than they have. */
  readonly targets: number;
  /** Exports were active, so that it stopped: it is to be run again. */
  readonly stopped: boolean;
}

/**
 * Corrects what the store has noted of resources, which is derived from their text and from the names of the store: compartments, references
 * to supporting resources, targets of Provenance, searches. Texts and stamps stay. Works in short transactions that keep writers and kick-offs
 * waiting, and stops when it meets an active export. Running it again is safe.
 *
 * @param bases names of the store that it has not noted yet
 * @param onProgress called with the number of versions so far; may throw to stop
 */
export async function repairStore(
  pool: Pool,
  bases: readonly string[] = [],
  onProgress?: (versions: number) => void,
): Promise<StoreRepair> {
  const names = await noteLocalBases(pool, bases);
  const repair = { versions: 0, compartments: 0, supporting: 0, targets: 0, stopped: false };
  for (const type of await listStoredTypes(pool)) {
    for (let after: string | undefined = '0'; after !== undefined;) {
      const page: Page | 'busy' = await repairPage(pool, { type, after, bases: names });
      if (page === 'busy') return { ...repair, stopped: true };
      repair.versions += page.versions;
      repair.compartments += page.compartments;
      repair.supporting += page.supporting;
      repair.targets += page.targets;
      after = page.last;
      onProgress?.(repair.versions);
    }
    for (let corrected = 1; corrected > 0;) {
      const found = await repairDeletions(pool, type);
      if (found === 'busy') return { ...repair, stopped: true };
      repair.compartments += found;
      corrected = found;
    }
  }
  return repair;
}

interface Page {
  readonly versions: number;
  readonly compartments: number;
  readonly supporting: number;
  readonly targets: number;
  /** Where the next page begins; `undefined`: this was the last. */
  readonly last: string | undefined;
}

interface PageRequest {
  readonly type: string;
  readonly after: string;
  readonly bases: readonly string[];
}

async function repairPage(pool: Pool, request: PageRequest): Promise<Page | 'busy'> {
  for (;;) {
    const done = await withRetriedTransaction(pool, (client) => tryPage(client, request));
    if (!(done instanceof Set)) return done;
    // It takes a transaction of its own, so the page is read again.
    await identifyTypes(pool, done);
  }
}

/** The types that have to be identified first, if there are any: then nothing was changed. */
async function tryPage(
  client: Client,
  { type, after, bases }: PageRequest,
): Promise<Page | Set<string> | 'busy'> {
  if (!(await lockForRepair(client))) return 'busy';
  const versions = await readNotedVersions(client, type, after);
  const all = versions.map((version) => ({
    ...version,
    facts: deriveFacts(type, JSON.parse(version.body) as Record<string, unknown>, bases),
  }));
  const conditional = all.flatMap(({ facts }) => facts.conditional);
  const unidentified = await unidentifiedTypes(
    client,
    conditional.map((each) => each.type),
  );
  if (unidentified.size > 0) return unidentified;
  const searches = new Map(conditional.map((each) => [keyOf(each), each]));
  await noteSearches(client, [...searches.values()]);
  const misplaced = all.filter(({ patients, facts }) => !isSamePatients(patients, facts.patients));
  await writePatients(
    client,
    type,
    misplaced.map(({ seq, facts }) => ({ seq, patients: facts.patients })),
  );
  const aimless = all.filter(({ targets, facts }) => !isSameSet(targets, facts.targets));
  await writeTargets(
    client,
    aimless.map(({ seq, facts }) => ({ seq, ...facts })),
  );
  const supporting = await addSupporting(
    client,
    type,
    all.map(({ seq, id, facts }) => ({ ...facts, seq, id })),
  );
  return {
    versions: all.length,
    compartments: misplaced.length,
    supporting,
    targets: aimless.length,
    last: versions.at(-1)?.seq,
  };
}

async function repairDeletions(pool: Pool, type: string): Promise<number | 'busy'> {
  return await withRetriedTransaction(pool, async (client) => {
    if (!(await lockForRepair(client))) return 'busy';
    const wrong = await findWrongDeletions(client, type);
    await writePatients(client, type, wrong);
    return wrong.length;
  });
}

/** Whether the primary patient is the same, and the others are, in whatever order. */
function isSamePatients(some: readonly string[], others: readonly string[]): boolean {
  return some[0] === others[0] && isSameSet(some, others);
}

function isSameSet(some: readonly string[], others: readonly string[]): boolean {
  const all = new Set(some);
  return some.length === others.length && others.every((each) => all.has(each));
}
