import { isElementOf, rootElementsOf } from '@sluice/fhir';

/** What R4 marks as the summary of a Group. https://hl7.org/fhir/R4/group-definitions.html */
const summaryElements = [
  ...['identifier', 'active', 'type', 'actual', 'code', 'name', 'quantity', 'managingEntity'],
];

const summaries: ReadonlyMap<string, readonly string[] | undefined> = new Map([
  ['true', summaryElements],
  ['text', ['text']],
  ['data', namesOfGroup().filter((name) => name !== 'text')],
  ['false', undefined],
]);

/** What `_summary` of a Group search takes, in words. */
export const summaryForms = `${[...summaries.keys()].join(', ')}, once and without _elements`;
/** What `_elements` of a Group search takes, in words. */
export const elementForms = 'root elements of Group with commas between them, such as name,member';

/**
 * Reads `_elements`, which may be repeated.
 *
 * @returns the names; `undefined` when one is not a root element of Group
 */
export function readElements(
  values: readonly (string | undefined)[],
): readonly string[] | undefined {
  const names = values.flatMap((value) => (value ?? '').split(',')).map((name) => name.trim());
  return names.every((name) => isElementOf('Group', name)) ? names : undefined;
}

/**
 * Reads `_summary`. A `count` is not offered: a page of Groups is found without counting all.
 *
 * @returns the names that it stands for, in `elements`, where Groups are cut down; `undefined` when it is not usable
 * @see https://hl7.org/fhir/R4/search.html#summary
 */
export function readSummary(
  values: readonly (string | undefined)[],
): { readonly elements: readonly string[] | undefined } | undefined {
  const [value = ''] = values;
  if (values.length > 1 || !summaries.has(value)) return undefined;
  return { elements: summaries.get(value) };
}

function namesOfGroup(): string[] {
  return rootElementsOf('Group').map(({ name }) => name);
}
