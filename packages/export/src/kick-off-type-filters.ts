import { isResourceType, mendSpaces, parseTypeFilter, SearchError } from '@sluice/fhir';
import type { Findings } from './findings.ts';
import type { GivenParameters } from './kick-off-parameters.ts';
import type { KickOffOptions, KickOffRequest } from './kick-off-request.ts';
import { isAskedFor, outsideLevel } from './kick-off-types.ts';
import { printable, quoted } from './quoted.ts';
import { splitTypeFilters } from './split-type-filters.ts';

/** Every thread of every worker compiles all of them. */
const maxFilters = 1000;

/** Most characters of one filter. */
const maxFilterLength = 8192;
/** Most characters of all of them: they are stored with the export. */
const maxLength = 262_144;

interface Filter {
  readonly type: string;
  /** What follows `Type?`, as it came. */
  readonly query: string;
  /** What of it the search engine does not do, as a sentence. */
  readonly unsupported?: string;
}

/**
 * `_typeFilter`: search queries by type, which say which of its resources to export. A query that
 * cannot be read is a fault in both modes. One that asks for what the search engine does not do is
 * left out of a lenient request, and the notice tells if its type then comes unfiltered (SPEC A.9,
 *
 *
 * @param types what `_type` left
 * @returns the queries of each type, alternatives of one another; `undefined` when none has an effect
 */
export function checkTypeFilters(
  given: GivenParameters,
  types: readonly string[] | undefined,
  { level }: KickOffRequest,
  options: KickOffOptions,
  findings: Findings,
): Readonly<Record<string, readonly string[]>> | undefined {
  const values = (given.get('_typeFilter') ?? []).map(({ value }) => value ?? '');
  const length = values.reduce((sum, value) => sum + value.length, 0);
  if (length > maxLength) {
    const text = `_typeFilter is ${length} characters long; at most ${maxLength} are accepted.`;
    findings.reject('too-costly', '_typeFilter', text);
    return undefined;
  }
  const texts = values.flatMap(splitTypeFilters);
  if (texts.length > maxFilters) {
    const text = `_typeFilter has ${texts.length} queries; at most ${maxFilters} are accepted.`;
    findings.reject('too-costly', '_typeFilter', text);
    return undefined;
  }
  const filters = [...new Set(texts)]
    .map((text) => readFilter(text, findings))
    .filter((filter) => filter !== undefined)
    .filter(({ type }) => {
      const outside = outsideLevel(type, level, options);
      if (outside !== undefined) rejectOutside(outside, findings);
      else if (!isAskedFor(type, level, types)) warnOfNoEffect(type, findings);
      else return true;
      return false;
    });
  const queries = byType(filters);
  for (const { type, unsupported } of filters) {
    if (unsupported !== undefined) rejectUnsupported(type, unsupported, type in queries, findings);
  }
  return Object.keys(queries).length === 0 ? undefined : queries;
}

function readFilter(text: string, findings: Findings): Filter | undefined {
  if (text.length > maxFilterLength) {
    const fault = `_typeFilter ${quoted(text)} is ${text.length} characters long`;
    findings.reject(
      'too-costly',
      '_typeFilter',
      `${fault}; at most ${maxFilterLength} are accepted.`,
    );
    return undefined;
  }
  const [, type = '', query = ''] = /^([A-Za-z]+)\?(.*)$/s.exec(text) ?? [];
  if (!isResourceType(type)) {
    const fault = `_typeFilter ${quoted(text)} is not a search of one resource type`;
    findings.reject(
      'invalid',
      '_typeFilter',
      `${fault}; accepted: Type?query, such as Observation?status=final.`,
    );
    return undefined;
  }
  try {
    parseTypeFilter(type, query);
    return { type, query: mendSpaces(type, query) };
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    const fault = `_typeFilter ${quoted(text)}: ${printable(error.message)}`;
    if (error.code === 'not-supported') return { type, query, unsupported: fault };
    findings.reject('invalid', '_typeFilter', fault);
    return undefined;
  }
}

function rejectOutside(outside: string, findings: Findings): void {
  const text = `_typeFilter: ${outside}`;
  findings.rejectUnlessLenient('not-supported', '_typeFilter', text, 'It had no effect.');
}

function warnOfNoEffect(type: string, findings: Findings): void {
  const text = `_typeFilter for ${type} had no effect, since _type does not name ${type}.`;
  findings.warn('value', '_typeFilter', text);
}

function rejectUnsupported(
  type: string,
  fault: string,
  hasOthers: boolean,
  findings: Findings,
): void {
  const remedy = hasOthers
    ? 'It was left out; the other filters of that type were obeyed.'
    : `It was left out, so every ${type} was exported, without a filter.`;
  findings.rejectUnlessLenient('not-supported', '_typeFilter', fault, remedy);
}

function byType(filters: readonly Filter[]): Record<string, string[]> {
  const queries: Record<string, string[]> = {};
  for (const { type, query, unsupported } of filters) {
    if (unsupported === undefined) (queries[type] ??= []).push(query);
  }
  return queries;
}
