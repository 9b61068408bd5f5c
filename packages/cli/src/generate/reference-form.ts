/** The ways in which generated data can refer from one resource to another. */
export const referenceForms = ['relative', 'absolute', 'conditional', 'urn'] as const;

/**
 * `relative`: `Patient/1`. `absolute`: the same behind a base. `conditional`: the people and places of care by identifier,
 * `Practitioner?identifier=system|value`, as Synthea does; all else relative, in Bundles by `urn:uuid:`. `urn`: everything by `urn:uuid:`,
 * which names an entry of the same Bundle.
 */
export type ReferenceForm = (typeof referenceForms)[number];

/** The base of absolute references unless another one is given. */
export const defaultBase = 'https://ehr.example/fhir';

/** How references are to be written. */
export interface ReferenceOptions {
  readonly form: ReferenceForm;
  /** The base of absolute references, without a slash at its end. */
  readonly base: string;
  /** The resources go into Bundles. */
  readonly isBundled: boolean;
}

/** Writes the references of generated resources, which are relative at first, in another form. */
export class References {
  readonly #options: ReferenceOptions;
  readonly #searches = new Map<string, string>();

  constructor(options: ReferenceOptions) {
    this.#options = options;
  }

  /** Takes a person or place of care: conditional references search for its first identifier. */
  note(line: string): void {
    if (this.#options.form !== 'conditional') return;
    const { resourceType, id, identifier } = JSON.parse(line) as Identified;
    const [{ system, value }] = identifier;
    this.#searches.set(`${resourceType}/${id}`, `${resourceType}?identifier=${system}|${value}`);
  }

  /** A line with its references in this form. */
  rewrite(line: string): string {
    if (this.#options.form === 'relative') return line;
    return line.replace(
      /"reference":"([A-Za-z]+\/[^"/]+)"/g,
      (_, relative: string) => `"reference":"${this.refer(relative)}"`,
    );
  }

  /** The reference to a resource, given as `Type/id`. */
  refer(relative: string): string {
    const { form, base, isBundled } = this.#options;
    switch (form) {
      case 'relative':
        return relative;
      case 'absolute':
        return `${base}/${relative}`;
      case 'urn':
        return urnOf(relative);
      case 'conditional':
        return this.#searches.get(relative) ?? (isBundled ? urnOf(relative) : relative);
    }
  }

  /** The full URL under which an entry of a Bundle is referred to. */
  fullUrl(relative: string): string {
    const { form, base } = this.#options;
    const isUrl = form === 'relative' || form === 'absolute';
    return isUrl ? `${base}/${relative}` : urnOf(relative);
  }
}

interface Identified {
  readonly resourceType: string;
  readonly id: string;
  readonly identifier: readonly [{ readonly system: string; readonly value: string }];
}

/** Generated ids are UUIDs. */
function urnOf(relative: string): string {
  return `urn:uuid:${relative.slice(relative.indexOf('/') + 1)}`;
}
