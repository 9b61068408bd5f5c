import { isElementOf, isResourceType, resourceTypes, rootElementsOf } from '@sluice/fhir';
import type { Findings } from './findings.ts';
import { listedValues, type GivenParameters } from './kick-off-parameters.ts';
import { named } from './quoted.ts';

/** Every thread of every worker works by all of them. */
const maxEntries = 1000;
/** Names what was given without a type. */
const everyType = '*';
/** Not an element, but in every resource. */
const always = 'resourceType';
/** `element` or `Type.element`: there is no second dot, since only root elements can be asked for. */
const entryPattern = /^(?:([A-Za-z]+)\.)?([A-Za-z]+)$/;

interface Entry {
  readonly text: string;
  readonly type: string;
  readonly name: string;
}

/**
 * `_elements`: the root elements that resources are cut down to. What is faulty is left out of a
 * lenient request; resources come whole when nothing is left (SPEC A.10, A-153).
 *
 * @returns element names by type, `*` standing for every type; `undefined` when none is asked for
 */
export function checkElements(
  given: GivenParameters,
  findings: Findings,
): Readonly<Record<string, readonly string[]>> | undefined {
  if (!given.has('_elements')) return undefined;
  const texts = listedValues(given, '_elements');
  if (texts.length > maxEntries) {
    const text = `_elements names ${texts.length} elements; at most ${maxEntries} are accepted.`;
    findings.reject('too-costly', '_elements', text);
    return undefined;
  }
  const entries = texts.map(readEntry).filter((entry) => entry !== undefined);
  const read = new Set(entries.map(({ text }) => text));
  const known = entries.filter(isKnown);
  const remedy = known.length > 0 ? 'They were left out.' : 'So resources came whole.';

  const malformed = texts.filter((text) => !read.has(text));
  if (malformed.length > 0 || texts.length === 0) {
    const what = texts.length === 0 ? 'it has no value' : `not one: ${named(malformed)}`;
    const text = `_elements takes root elements, as element or Type.element, such as id or Patient.birthDate; ${what}.`;
    findings.rejectUnlessLenient('invalid', '_elements', text, remedy);
  }
  const unknown = entries.filter((entry) => !isKnown(entry)).map(({ text }) => text);
  if (unknown.length > 0) {
    const text = `_elements: FHIR R4 does not have these elements: ${named(unknown)}.`;
    findings.rejectUnlessLenient('value', '_elements', text, remedy);
  }
  return known.length === 0 ? undefined : byType(known);
}

function readEntry(text: string): Entry | undefined {
  const [, type = everyType, name] = entryPattern.exec(text) ?? [];
  const isUsable = name !== undefined && (type === everyType || isResourceType(type));
  return isUsable ? { text, type, name } : undefined;
}

function isKnown({ type, name }: Entry): boolean {
  return type === everyType
    ? namesOfAnyType().has(name)
    : name === always || isElementOf(type, name);
}

let anyNames: ReadonlySet<string> | undefined;

/** Made when it is first asked for: looking through all types each time would take long. */
function namesOfAnyType(): ReadonlySet<string> {
  const elements = () => [...resourceTypes].flatMap(rootElementsOf);
  anyNames ??= new Set([
    always,
    ...elements().flatMap(({ name, jsonNames }) => [name, ...jsonNames]),
  ]);
  return anyNames;
}

function byType(entries: readonly Entry[]): Record<string, string[]> {
  const elements: Record<string, string[]> = {};
  for (const { type, name } of entries) (elements[type] ??= []).push(name);
  return elements;
}
