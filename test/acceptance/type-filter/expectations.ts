import type { CodeableConcept, HumanName, Period, Reference, Resource } from 'fhir/r4.js';

/** A `_typeFilter`, and which resources of the type it selects, said in plain JavaScript. */
export interface TypeFilterCase {
  readonly type: string;
  /** The value of `_typeFilter`, with the percent-encoding of the inner query. */
  readonly filter: string;
  /** `nowMs` is when the question is asked; only approximate dates depend on it. */
  readonly expected: (resource: Resource, nowMs: number) => boolean;
}

type Expectation<T> = (resource: T, nowMs: number) => boolean;

/** The cases of one type, each query with its expectation. */
export function casesOf<T extends Resource>(
  type: T['resourceType'],
  expectations: Readonly<Record<string, Expectation<T>>>,
): TypeFilterCase[] {
  return Object.entries(expectations).map(([query, expected]) => ({
    type,
    filter: `${type}?${query}`,
    expected: (resource, nowMs) => expected(resource as T, nowMs),
  }));
}

/** Whether a concept has the code, of the system if one is given. */
export function hasCode(
  concept: CodeableConcept | undefined,
  code: string,
  system?: string,
): boolean {
  return (
    concept?.coding?.some(
      (coding) => coding.code === code && (system === undefined || coding.system === system),
    ) === true
  );
}

/** Whether any of the concepts has the code. */
export function anyCode(
  concepts: readonly CodeableConcept[] | undefined,
  code: string,
  system?: string,
): boolean {
  return concepts?.some((concept) => hasCode(concept, code, system)) === true;
}

/** Whether the text of a concept, or of one of its codings, begins with the text, whatever the case. */
export function saysFirst(concept: CodeableConcept | undefined, text: string): boolean {
  const texts = [concept?.text, ...(concept?.coding ?? []).map(({ display }) => display)];
  return texts.some((each) => each !== undefined && plain(each).startsWith(text));
}

/** Lower case without accents. */
export function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase();
}

/** All the texts of names. */
export function namesOf(names: readonly HumanName[] | undefined): string[] {
  return (names ?? []).flatMap(({ text, family, given, prefix, suffix }) =>
    [text, family, given, prefix, suffix].flat().filter((each) => each !== undefined),
  );
}

/** Whether a reference is this one. */
export function refersTo(reference: Reference | undefined, target: string): boolean {
  return reference?.reference === target;
}

/** The moment of a date with an offset, as milliseconds. */
export function at(dateTime: string | undefined): number {
  return Date.parse(dateTime ?? '');
}

/** First and last moment of a period that is written to the second; open ends are infinite. */
export function limits(period: Period | undefined): [number, number] {
  return [
    period?.start === undefined ? -Infinity : at(period.start),
    period?.end === undefined ? Infinity : at(period.end) + 999,
  ];
}

/** Whether a moment lies in a year of UTC. */
export function inYear(dateTime: string | undefined, year: number): boolean {
  return dateTime !== undefined && new Date(dateTime).getUTCFullYear() === year;
}
