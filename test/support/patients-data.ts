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

/**
 * What an export of these patients holds, found out from the lines alone: what is in their
 * compartments, their Devices, the Provenance of these, and outside the compartment what all this
 * refers to, by way of what is exported, unless it tells of other patients.
 *
 * @param types `_type`
 */
export function dataOf(
  samples: readonly Sample[],
  patients: ReadonlySet<string>,
  types?: readonly string[],
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
  const all = [...compartments, ...provenance];
  const groups = samples.filter((sample) => sample.type === 'Group' && isTheirs(sample));
  const own = [...all, ...groups].filter(named);
  const namesTheirs = types?.some((type) => isCompartmentType(type)) ?? true;
  const sources = namesTheirs ? own : all;
  const exported = [...own, ...devices.filter(named)];
  const start = [...sources.filter(({ type }) => type !== 'Group'), ...devices.filter(named)];
  return [...exported, ...supportingOf(samples, start, patients, named)];
}

/** What `start` refers to outside the compartment, transitively. */
function supportingOf(
  samples: readonly Sample[],
  start: readonly Sample[],
  patients: ReadonlySet<string>,
  named: (sample: Sample) => boolean,
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
    for (const key of new Set(step.flatMap(referencesOf))) {
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
