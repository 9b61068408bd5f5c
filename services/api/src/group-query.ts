import { ExportError, parseQuery } from '@sluice/export';
import {
  isId,
  maxQueryLength,
  parseTypeFilter,
  SearchError,
  type Issue,
  type SearchParameter,
  type TypeFilter,
} from '@sluice/fhir';
import { elementForms, readElements, readSummary, summaryForms } from './group-elements.ts';

/** A search of Groups, checked. */
export interface GroupQuery {
  readonly filter: TypeFilter;
  /** Entries of a page. */
  readonly count: number;
  /** The page begins behind this id; '' is before all. */
  readonly after: string;
  /** The root elements that Groups are cut down to; absent: they come whole. */
  readonly elements?: readonly string[] | undefined;
  /** What was acted on, as it was sent: what links are made of. */
  readonly used: string;
}

/** R4 has no search parameter for the name of a Group; this is the one that R5 has. SPEC A-016 */
const groupName: SearchParameter = {
  name: 'name',
  type: 'string',
  definition: 'http://hl7.org/fhir/SearchParameter/Group-name',
  paths: [
    {
      steps: [{ name: 'name', repeats: false, target: undefined, where: undefined }],
      type: 'string',
      from: [],
    },
  ],
  expression: 'Group.name',
};

const selecting = ['_id', 'identifier', 'name'];
const shaping = ['_count', '_page', '_elements', '_summary', '_format', '_pretty'];
const accepted = [...selecting, ...shaping].join(', ');

const defaultCount = 20;
const mostCount = 100;

/**
 * Reads the query of a Group search, still percent-encoded. A parameter that is not known is refused;
 * a lenient search goes on without it. https://hl7.org/fhir/R4/search.html#errors
 *
 * @throws ExportError with an issue for each parameter at fault
 */
export function parseGroupQuery(query: string, lenient: boolean): GroupQuery {
  // A link has to fit into the headers of the request that follows it, too.
  if (query.length > maxQueryLength) {
    const text = `The search is ${query.length} characters long; accepted: up to ${maxQueryLength}.`;
    throw new ExportError('invalid-parameter', text, {
      issues: [{ severity: 'error', code: 'too-long', text }],
    });
  }
  const parameters = query.split('&').filter(Boolean).map(parameterOf);
  const known = parameters.filter(({ name }) => [...selecting, ...shaping].includes(name));
  const unknown = parameters.filter((parameter) => !known.includes(parameter));
  if (unknown.length > 0 && !lenient) throw unsupported(unknown);
  const valuesOf = (wanted: string) =>
    known.filter(({ name }) => name === wanted).map(({ value }) => value);
  return {
    filter: parseFilter(known.filter(({ name }) => selecting.includes(name))),
    count: parseCount(valuesOf('_count')),
    after: parsePage(valuesOf('_page')),
    elements: parseShape(valuesOf('_elements'), valuesOf('_summary')),
    used: joined(known.filter(({ name }) => name !== '_page')),
  };
}

/** Marks a page: what `_page` holds in a link to what follows this Group. Clients take it as it is. */
export function pageAfter(id: string): string {
  return Buffer.from(id).toString('base64url');
}

interface Parameter {
  /** As it was sent. */
  readonly raw: string;
  /** Without a modifier. */
  readonly name: string;
  readonly value: string | undefined;
}

function parameterOf(raw: string): Parameter {
  const [pair] = parseQuery(raw);
  return { raw, name: pair?.name.replace(/:.*/s, '') ?? raw, value: pair?.value };
}

function joined(parameters: readonly Parameter[]): string {
  return parameters.map(({ raw }) => raw).join('&');
}

function unsupported(unknown: readonly Parameter[]): ExportError {
  const issues = unknown.slice(0, 20).map(({ name }): Issue => {
    const text = `A search of Groups has no parameter ${JSON.stringify(name.slice(0, 100))}; accepted: ${accepted}.`;
    return { severity: 'error', code: 'not-supported', text, expression: [name.slice(0, 100)] };
  });
  return new ExportError('unsupported-parameter', 'unsupported parameters', { issues });
}

function parseFilter(parameters: readonly Parameter[]): TypeFilter {
  if (parameters.length === 0) return { type: 'Group', criteria: [] };
  try {
    return parseTypeFilter('Group', joined(parameters), [groupName]);
  } catch (cause) {
    if (!(cause instanceof SearchError)) throw cause;
    const { code, message: text, parameter } = cause;
    const isKnown = code === 'invalid';
    throw new ExportError(isKnown ? 'invalid-parameter' : 'unsupported-parameter', text, {
      cause,
      issues: [
        { severity: 'error', code, text, ...(parameter ? { expression: [parameter] } : {}) },
      ],
    });
  }
}

/** A server may always give fewer than are asked for, never more. https://hl7.org/fhir/R4/search.html#count */
function parseCount(values: readonly (string | undefined)[]): number {
  if (values.length === 0) return defaultCount;
  const [value = ''] = values;
  if (values.length > 1 || !/^[0-9]{1,9}$/.test(value) || Number(value) === 0) {
    throw invalid('_count', `a whole number from 1 to ${mostCount}, once`);
  }
  return Math.min(Number(value), mostCount);
}

function parsePage(values: readonly (string | undefined)[]): string {
  if (values.length === 0) return '';
  const [value = ''] = values;
  const id = Buffer.from(value, 'base64url').toString('latin1');
  if (values.length > 1 || !isId(id) || pageAfter(id) !== value) {
    throw invalid('_page', 'what a next link holds, once');
  }
  return id;
}

/** Which elements are left of a Group. */
function parseShape(
  elements: readonly (string | undefined)[],
  summary: readonly (string | undefined)[],
): readonly string[] | undefined {
  if (summary.length === 0) {
    if (elements.length === 0) return undefined;
    const names = readElements(elements);
    if (names === undefined) throw invalid('_elements', elementForms);
    return names;
  }
  const read = elements.length === 0 ? readSummary(summary) : undefined;
  if (read === undefined) throw invalid('_summary', summaryForms);
  return read.elements;
}

function invalid(name: string, takes: string): ExportError {
  const text = `${name} is not usable; accepted: ${takes}.`;
  return new ExportError('invalid-parameter', text, {
    issues: [{ severity: 'error', code: 'value', text, expression: [name] }],
  });
}
