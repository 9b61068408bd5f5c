import { microseconds, readSample, type Sample } from './synthea.ts';

/** A version of a resource as the test knows it; of a deletion, what was there before. */
export interface Version extends Sample {
  readonly deleted: boolean;
}

/** `Type/id` */
export const keyOf = ({ type, id }: Pick<Sample, 'type' | 'id'>): string => `${type}/${id}`;

/**
 * What a store holds, kept by the test itself from what it had loaded: every version, in the order
 * of storing. Which of them counts at an instant is worked out here from the documented rule alone.
 */
export class StoredModel {
  readonly versions: Version[] = [];
  readonly #next = new Map<Version, Version>();
  readonly #last = new Map<string, Version>();

  store(samples: readonly Sample[]): void {
    for (const sample of samples) this.#add({ ...sample, deleted: false });
  }

  /** @param at any instant between what was stored before and what is stored after */
  remove(keys: readonly string[], at: string): void {
    for (const key of keys) {
      const last = this.#last.get(key);
      if (!last) throw new Error(`never stored: ${key}`);
      this.#add({ ...last, deleted: true, updated: microseconds(at) });
    }
  }

  #add(version: Version): void {
    const before = this.#last.get(keyOf(version));
    if (before) this.#next.set(before, version);
    this.#last.set(keyOf(version), version);
    this.versions.push(version);
  }

  /** The version that superseded this one. */
  next(version: Version): Version | undefined {
    return this.#next.get(version);
  }

  /** Of each resource the version stored last, of those whose lastUpdated is not after `until`. */
  newest(until?: string): Map<string, Version> {
    const limit = until === undefined ? undefined : microseconds(until);
    const counted = this.versions.filter(({ updated }) => limit === undefined || updated <= limit);
    return new Map(counted.map((version) => [keyOf(version), version]));
  }

  /** The resources that are there, or were at an instant. */
  present(until?: string): Version[] {
    return [...this.newest(until).values()].filter(({ deleted }) => !deleted);
  }

  /** The resources that are deleted, or were at an instant, as they were before. */
  deleted(until?: string): Version[] {
    return [...this.newest(until).values()].filter(({ deleted }) => deleted);
  }

  one(key: string): Version {
    const found = this.#last.get(key);
    if (!found) throw new Error(`never stored: ${key}`);
    return found;
  }
}

/** Those that changed strictly after an instant. */
export function changedAfter<T extends Sample>(samples: readonly T[], since: string): T[] {
  return samples.filter(({ updated }) => updated > microseconds(since));
}

/** A resource as a client would send it, read back from its line, changed, and written anew. */
export function edited(
  { line }: Pick<Sample, 'line'>,
  lastUpdated: string,
  change: (resource: Record<string, unknown>) => void = () => undefined,
): string {
  const resource = JSON.parse(line) as Record<string, unknown>;
  resource['meta'] = { ...(resource['meta'] as object), lastUpdated };
  change(resource);
  return JSON.stringify(resource);
}

/** A resource of the test's own as a line. */
export function lineOf(key: string, lastUpdated: string, rest: object = {}): string {
  const [resourceType, id] = key.split('/');
  return JSON.stringify({ resourceType, id, meta: { lastUpdated }, ...rest });
}

export const samplesOf = (lines: readonly string[]): Sample[] => lines.map(readSample);
