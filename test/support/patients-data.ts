import { isCompartmentType, type Sample } from './synthea.ts';

const references = new WeakMap<Sample, readonly string[]>();

/** Reference texts of a resource, wherever they stand; found once for each. */
export function referencesOf(sample: Sample): readonly string[] {
  const known = references.get(sample);
  if (known) return known;
  const found = findReferences(JSON.parse(sample.line));
  references.set(sample, found);
  return found;
}

/** The same of anything that was parsed. */
export function findReferences(parsed: unknown): string[] {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [name, inner] of Object.entries(value)) {
      if (name === 'reference' && typeof inner === 'string') found.push(inner);
      else walk(inner);
    }
  };
  walk(parsed);
  return found.map((text) => text.split('/').slice(0, 2).join('/'));
}

/** Never on its way out of a patient's data, whoever refers to it. */
const neverSupporting = new Set(['Binary', 'Bundle', 'Group']);

/** References away from the patients' own data at the most. */
const depth = 3;

/** With includeAssociatedData: which Provenance of what is exported. */
export type Rule = 'latest' | 'relevant';

/**
 * What an export of these patients holds, found out from the lines alone: what is in their
 * compartments, their Devices, the Provenance of these, and outside the compartment what all this
 * refers to, by way of what is exported, unless it tells of other patients. Groups are taken to be
 * those that the export may hold.
 *
 * @param types `_type`
 * @param rule Provenance comes for what is exported, and not for what is in compartments
 */
export function dataOf(
  samples: readonly Sample[],
  patients: ReadonlySet<string>,
  types?: readonly string[],
  rule?: Rule,
): Sample[] {
  const named = ({ type }: Sample): boolean => types?.includes(type) ?? type !== 'Group';
  const isTheirs = (sample: Sample): boolean => [...sample.patients].some((id) => patients.has(id));
  const compartments = samples.filter(
    (sample) => isCompartmentType(sample.type) && sample.type !== 'Group' && isTheirs(sample),
  );
  const keys = new Set(compartments.map(({ type, id }) => `${type}/${id}`));
  const provenance = samples.filter(
    (sample) =>
      sample.type === 'Provenance' &&
      !keys.has(`Provenance/${sample.id}`) &&
      targetsOf(sample).some((target) => keys.has(target)),
  );
  const devices = samples.filter(
    (sample) => sample.type === 'Device' && ownersOf(sample).some((id) => patients.has(id)),
  );
  const all = [...compartments, ...provenance].filter(
    ({ type }) => rule === undefined || type !== 'Provenance',
  );
  const groups = samples.filter((sample) => sample.type === 'Group' && isTheirs(sample));
  const own = [...all, ...groups].filter(named);
  const namesTheirs = types?.some((type) => isCompartmentType(type)) ?? true;
  const start = [...(namesTheirs ? own : all), ...devices.filter(named)];
  const provenanceFor = (exported: readonly Sample[]): Sample[] =>
    rule === undefined ? [] : provenanceOf(samples, exported, rule);
  const exported = [
    ...own,
    ...devices.filter(named),
    ...supportingOf(samples, start, patients, named, provenanceFor),
  ];
  return [...exported, ...provenanceFor(exported)];
}

/** What `start` and its Provenance refer to outside the compartment, transitively. */
function supportingOf(
  samples: readonly Sample[],
  start: readonly Sample[],
  patients: ReadonlySet<string>,
  named: (sample: Sample) => boolean,
  provenanceFor: (exported: readonly Sample[]) => readonly Sample[],
): Sample[] {
  const outside = new Map(
    samples
      .filter(({ type }) => !isCompartmentType(type) && !neverSupporting.has(type))
      .map((sample) => [`${sample.type}/${sample.id}`, sample]),
  );
  const found = new Map<string, Sample>();
  let step = [...start];
  for (let n = 0; n < depth && step.length > 0; n += 1) {
    const next: Sample[] = [];
    for (const key of new Set([...step, ...provenanceFor(step)].flatMap(referencesOf))) {
      const target = outside.get(key);
      if (!target || found.has(key) || !named(target)) continue;
      const owners = ownersOf(target);
      if (owners.length > 0 && (target.type === 'Device' || owners.some((id) => !patients.has(id))))
        continue;
      found.set(key, target);
      next.push(target);
    }
    step = next;
  }
  return [...found.values()];
}

/** The Provenance that is about these, worked out from its text. */
export function provenanceOf(
  samples: readonly Sample[],
  exported: readonly Sample[],
  rule: Rule,
): Sample[] {
  const keys = new Set(exported.map(({ type, id }) => `${type}/${id}`));
  const all = samples.filter(({ type }) => type === 'Provenance');
  const read = all.map((sample, order) => {
    const { recorded } = JSON.parse(sample.line) as { recorded?: string };
    const at = recorded === undefined ? -Infinity : Date.parse(recorded);
    return { sample, targets: targetsOf(sample), at: [at, order] as const };
  });
  const newest = new Map<string, (typeof read)[number]>();
  for (const each of read) {
    for (const target of each.targets) {
      const [at, order] = newest.get(target)?.at ?? [-Infinity, -1];
      if (each.at[0] > at || (each.at[0] === at && each.at[1] > order)) newest.set(target, each);
    }
  }
  return read
    .filter((each) =>
      each.targets.some(
        (target) => keys.has(target) && (rule === 'relevant' || newest.get(target) === each),
      ),
    )
    .map(({ sample }) => sample);
}

const targets = new WeakMap<Sample, readonly string[]>();

/** What a Provenance is about, as `Type/id`; found once for each. */
export function targetsOf(sample: Sample): readonly string[] {
  const known = targets.get(sample);
  if (known) return known;
  const found = findReferences((JSON.parse(sample.line) as { target?: unknown }).target);
  targets.set(sample, found);
  return found;
}

/** Patients that a resource outside the compartment mentions. */
function ownersOf(sample: Sample): string[] {
  return referencesOf(sample)
    .filter((reference) => reference.startsWith('Patient/'))
    .map((reference) => reference.slice('Patient/'.length));
}
