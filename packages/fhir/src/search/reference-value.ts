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
  options: { readonly target: string | undefined; readonly bases: LocalBases },
): (element: unknown) => boolean {
  const relative = (text: string) => relativeReference(text, options.bases);
  const ids = new Set<string>();
  const texts = new Set<string>();
  const implied = impliedTarget(path, options.target);
  for (const value of values) {
    if (!isId(value)) {
      // An absolute URL elsewhere says its type itself.
      if (options.target === undefined || value.includes(`${options.target}/`)) {
        texts.add(relative(value));
      }
    } else if (implied === undefined) {
      ids.add(value);
    } else {
      texts.add(`${implied}/${value}`);
    }
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
