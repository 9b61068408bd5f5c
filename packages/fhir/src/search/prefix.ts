/** The prefixes of ordered values. https://hl7.org/fhir/R4/search.html#prefix */
export const prefixes = ['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'] as const;

/** One of `prefixes`; `eq` is meant where there is none. */
export type Prefix = (typeof prefixes)[number];

/** Takes the prefix off a value. Two letters that are no prefix stay where they are, for the reader of the value to complain of. */
export function splitPrefix(value: string): { prefix: Prefix; rest: string } {
  const prefix = prefixes.find((each) => value.startsWith(each));
  return prefix === undefined ? { prefix: 'eq', rest: value } : { prefix, rest: value.slice(2) };
}
