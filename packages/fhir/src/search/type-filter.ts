import { isResourceType } from '../resource-types.ts';
import { acceptedModifiers, acceptsTargetTypes, isEvaluated } from './capability.ts';
import { type DateValue, parseDateValue } from './date.ts';
import { type NumberValue, parseNumberValue } from './number.ts';
import { type SearchParameter, searchParameters } from './parameters.ts';
import { parseQuantityValue, type QuantityValue } from './quantity.ts';
import { parseQuery, type QueryParameter, splitValue, unescapeValue } from './query.ts';
import { parseReferenceValue } from './reference-value.ts';
import { SearchError } from './search-error.ts';
import type { TextMatch } from './text.ts';
import { parseToken, parseTypedIdentifier, type Token, type TypedIdentifier } from './token.ts';
import { checkHierarchicalUri, type UriMatch } from './uri.ts';

/** What one parameter asks for. Of `values`, any will do. */
export type Condition =
  | { readonly kind: 'missing'; readonly missing: boolean }
  | { readonly kind: 'token'; readonly not: boolean; readonly values: readonly Token[] }
  | { readonly kind: 'display'; readonly values: readonly string[] }
  | { readonly kind: 'of-type'; readonly values: readonly TypedIdentifier[] }
  | { readonly kind: 'string'; readonly match: TextMatch; readonly values: readonly string[] }
  | { readonly kind: 'uri'; readonly match: UriMatch; readonly values: readonly string[] }
  | {
      readonly kind: 'reference';
      readonly target: string | undefined;
      readonly values: readonly string[];
    }
  | { readonly kind: 'identifier'; readonly values: readonly Token[] }
  | { readonly kind: 'date'; readonly values: readonly DateValue[] }
  | { readonly kind: 'number'; readonly values: readonly NumberValue[] }
  | { readonly kind: 'quantity'; readonly values: readonly QuantityValue[] };

/** One parameter of a filter. */
export interface Criterion {
  readonly parameter: SearchParameter;
  readonly condition: Condition;
}

/** A search query of one resource type, understood: a resource has to meet every criterion. */
export interface TypeFilter {
  readonly type: string;
  readonly criteria: readonly Criterion[];
}

/**
 * Reads the search query of a `_typeFilter`: what follows `Type?`, still percent-encoded as it stood in the inner query. Throws
 * `SearchError`: `invalid` for what no server could answer, `not-supported` for parameters, modifiers and chains that are
 * not evaluated. https://hl7.org/fhir/R4/search.html
 *
 * @param more parameters of the caller's beside those of R4
 */
export function parseTypeFilter(
  type: string,
  query: string,
  more: readonly SearchParameter[] = [],
): TypeFilter {
  if (!isResourceType(type)) {
    throw new SearchError('invalid', `"${type}" is not a resource type of FHIR R4.`);
  }
  return { type, criteria: parseQuery(query).map((each) => parseCriterion(type, each, more)) };
}

/** They shape the answer of a search, and there is none here. https://hl7.org/fhir/R4/search.html#summary */
const resultParameters = new Set(
  '_contained _containedType _count _elements _format _include _maxresults _offset _pretty _revinclude _score _sort _summary _total'.split(
    ' ',
  ),
);

function parseCriterion(
  type: string,
  { name, modifier, value }: QueryParameter,
  more: readonly SearchParameter[],
): Criterion {
  const written = modifier === undefined ? name : `${name}:${modifier}`;
  if (resultParameters.has(name)) {
    throw new SearchError(
      'invalid',
      `${written} shapes the answer of a search and has no meaning in a filter; only parameters that select resources are accepted.`,
      written,
    );
  }
  const parameter = more.find((each) => each.name === name) ?? findParameter(type, name, written);
  if (modifier !== undefined) {
    checkModifier(parameter, modifier, written);
  }
  const pieces = splitValue(value, ',');
  if (pieces.includes('')) {
    throw new SearchError('invalid', `${written}: "${value}" has an empty value in it.`, written);
  }
  return { parameter, condition: parseCondition(parameter, modifier, { pieces, written }) };
}

function checkModifier(parameter: SearchParameter, modifier: string, written: string): void {
  const accepted = acceptedModifiers(parameter);
  const takesTypes = acceptsTargetTypes(parameter);
  if (accepted.includes(modifier) || (takesTypes && isResourceType(modifier))) {
    return;
  }
  const chained = modifier.includes('.') ? ' Chained parameters are not supported.' : '';
  throw new SearchError(
    'not-supported',
    `${written}: of the modifiers, ${parameter.name} has ${accepted.join(', ')}${takesTypes ? ' and resource types' : ''}.${chained}`,
    written,
  );
}

function findParameter(type: string, name: string, written: string): SearchParameter {
  const parameters = searchParameters(type);
  const parameter = parameters.get(name);
  if (parameter !== undefined && isEvaluated(parameter)) {
    return parameter;
  }
  const accepted = [...parameters.values()].filter(isEvaluated).map((each) => each.name);
  throw new SearchError(
    'not-supported',
    `${written}: ${faultOf(name, type, parameter)}; accepted for ${type}: ${accepted.join(', ')}.`,
    written,
  );
}

function faultOf(name: string, type: string, parameter: SearchParameter | undefined): string {
  if (parameter !== undefined) {
    return `this ${parameter.type} parameter is not supported`;
  }
  if (name.includes('.') || name === '_has') {
    return 'chained parameters are not supported';
  }
  return `${type} has no such search parameter in FHIR R4`;
}

interface Written {
  /** The values, with their escapes. */
  readonly pieces: readonly string[];
  /** The parameter as the client wrote it, for messages. */
  readonly written: string;
}

function parseCondition(
  parameter: SearchParameter,
  modifier: string | undefined,
  { pieces, written }: Written,
): Condition {
  const each = <T>(parse: (text: string, written: string) => T) =>
    pieces.map((piece) => parse(piece, written));
  const texts = () => each(unescapeValue);
  switch (modifier) {
    case 'missing':
      return { kind: 'missing', missing: parseBoolean(texts(), written) };
    case 'text':
      return { kind: 'display', values: texts() };
    case 'of-type':
      return { kind: 'of-type', values: each(parseTypedIdentifier) };
    case 'identifier':
      return { kind: 'identifier', values: each(parseToken) };
    case 'above':
    case 'below':
      return {
        kind: 'uri',
        match: modifier,
        values: texts().map((text) => checkHierarchicalUri(text, written)),
      };
    case 'exact':
    case 'contains':
      return { kind: 'string', match: modifier, values: texts() };
    default:
  }
  switch (parameter.type) {
    case 'token': {
      const values = each(parseToken);
      checkBooleans(parameter, values, written);
      return { kind: 'token', not: modifier === 'not', values };
    }
    case 'string':
      return { kind: 'string', match: 'start', values: texts() };
    case 'uri':
      return { kind: 'uri', match: 'exact', values: texts() };
    case 'date':
      return { kind: 'date', values: texts().map((text) => parseDateValue(text, written)) };
    case 'number':
      return { kind: 'number', values: texts().map((text) => parseNumberValue(text, written)) };
    case 'quantity':
      return { kind: 'quantity', values: each(parseQuantityValue) };
    case 'reference': {
      const values = texts().map((text) => parseReferenceValue(text, modifier, written));
      return { kind: 'reference', target: modifier, values };
    }
    case 'composite':
    case 'special':
      throw new SearchError('not-supported', `${written} is not supported.`, written);
  }
}

/** Where only booleans are searched, another value is a mistake of the client: nothing could ever match. */
function checkBooleans(
  parameter: SearchParameter,
  tokens: readonly Token[],
  written: string,
): void {
  const areBooleans = parameter.paths.every(({ type }) => type === 'boolean');
  if (areBooleans && tokens.some(({ code }) => code !== 'true' && code !== 'false')) {
    throw new SearchError('invalid', `${written}: true or false is expected.`, written);
  }
}

function parseBoolean(texts: readonly string[], parameter: string): boolean {
  const [text] = texts;
  if (texts.length !== 1 || (text !== 'true' && text !== 'false')) {
    throw new SearchError('invalid', `${parameter}: true or false is expected.`, parameter);
  }
  return text === 'true';
}
