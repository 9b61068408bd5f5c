import { isId } from '../ids.ts';
import { type LocalBases, parseReference, relativeReference } from '../reference.ts';
import { isResourceType } from '../resource-types.ts';
import type { ElementPath } from './parameters.ts';
import { SearchError } from './search-error.ts';
import { withoutVersion } from './uri.ts';

/**
 * Checks a reference to look for: `id`, `Type/id`, `Type/id/_history/version`, an absolute URL or a canonical one; with a modifier like
 * `:Patient` it has to be to a resource of the `target` type. Whether an absolute one leads to this store only the one
 * who knows the base URL can say. https://hl7.org/fhir/R4/search.html#reference
 */
export function parseReferenceValue(
  text: string,
  target: string | undefined,
  parameter: string,
): string {
  const local = parseReference(text);
  if (local === undefined && !isId(text) && !isAbsolute(text)) {
    throw new SearchError(
      'invalid',
      `${parameter}: "${text}" is no reference; id, Type/id or an absolute URL is expected.`,
      parameter,
    );
  }
  if (local !== undefined && target !== undefined && local.type !== target) {
    throw new SearchError(
      'invalid',
      `${parameter}: "${text}" is not a reference to ${target}.`,
      parameter,
    );
  }
  return text.startsWith('/') ? text.slice(1) : text;
}

/**
 * The searches of conditional references, from the question mark on, that lead to a resource, by its `Type/id`: a reference that is written as
 * one of them is a reference to that resource.
 */
export type ReferenceAliases = Readonly<Record<string, readonly string[]>>;

/** The searches that lead to a resource, by its `Type/id`. */
export function aliasesOf(aliases: ReferenceAliases, key: string): readonly string[] {
  return (Object.hasOwn(aliases, key) ? aliases[key] : undefined) ?? [];
}

/** References to a resource that are written as searches. */
export function writtenAliases(aliases: ReferenceAliases, key: string): string[] {
  const type = key.slice(0, key.indexOf('/'));
  return aliasesOf(aliases, key).map((search) => type + search);
}

/** The resources of any type that have this id and are searched for. */
export function aliasedKeys(aliases: ReferenceAliases, id: string): string[] {
  return Object.keys(aliases).filter((key) => key.slice(key.indexOf('/') + 1) === id);
}

/** The type that an id alone is of, in this element: what the modifier says, or the only one it can refer to. */
export function impliedTarget(path: ElementPath, target: string | undefined): string | undefined {
  return target ?? path.from[0] ?? path.steps.at(-1)?.target;
}

/**
 * Makes the test of a reference against values, any of which will do. References to this store are the same whether they are relative or
 * are behind one of the `bases`; one that names a version is also found without it. An id alone finds resources of every
 * type, unless the type is implied.
 */
export function referenceTest(
  values: readonly string[],
  path: ElementPath,
  options: {
    readonly target: string | undefined;
    readonly bases: LocalBases;
    readonly aliases?: ReferenceAliases | undefined;
  },
): (element: unknown) => boolean {
  const relative = (text: string) => relativeReference(text, options.bases);
  const ids = new Set<string>();
  const texts = new Set<string>();
  const implied = impliedTarget(path, options.target);
  const { aliases = {} } = options;
  for (const value of values) {
    if (!isId(value)) {
      // An absolute URL elsewhere says its type itself.
      if (options.target === undefined || value.includes(`${options.target}/`)) {
        texts.add(relative(value));
      }
    } else if (implied === undefined) {
      ids.add(value);
      for (const key of aliasedKeys(aliases, value)) texts.add(key);
    } else {
      texts.add(`${implied}/${value}`);
    }
  }
  for (const key of [...texts]) {
    for (const text of writtenAliases(aliases, key)) texts.add(text);
  }
  const isWanted = (text: string, versionless: string) => texts.has(text) || texts.has(versionless);
  if (path.type !== 'Reference') {
    return (element) =>
      typeof element === 'string' && isWanted(relative(element), withoutVersion(relative(element)));
  }
  return (element) => {
    const { reference } = element as { readonly reference?: unknown };
    if (typeof reference !== 'string') {
      return false;
    }
    const text = relative(reference);
    const versionless = withoutHistory(text);
    return isWanted(text, versionless) || (ids.size > 0 && hasId(versionless, ids));
  };
}

function isAbsolute(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9+.-]*:./.test(text);
}

function withoutHistory(text: string): string {
  const history = text.indexOf('/_history/');
  return history >= 0 && isId(text.slice(history + 10)) ? text.slice(0, history) : text;
}

function hasId(text: string, ids: ReadonlySet<string>): boolean {
  const slash = text.indexOf('/');
  return slash > 0 && ids.has(text.slice(slash + 1)) && isResourceType(text.slice(0, slash));
}
