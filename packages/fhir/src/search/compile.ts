import { dateTest } from './date.ts';
import { compilePath } from './element-path.ts';
import { numberTest } from './number.ts';
import type { ElementPath } from './parameters.ts';
import { quantityTest } from './quantity.ts';
import { type ReferenceAliases, referenceTest } from './reference-value.ts';
import { displayTest, textTest } from './text.ts';
import { tokenTest, typedIdentifierTest } from './token.ts';
import type { Condition, Criterion, TypeFilter } from './type-filter.ts';
import { uriTest } from './uri.ts';

/** What a filter cannot know by itself. */
export interface FilterOptions {
  /** Absolute references that begin with it are references to this store. */
  readonly baseUrl: string;
  /** The other names of this store. */
  readonly otherBases?: readonly string[] | undefined;
  /** What conditional references lead to; absent: they lead nowhere. */
  readonly aliases?: ReferenceAliases | undefined;
  /** What `ap` of a date goes by: the present, or the moment that an answer is about. */
  readonly nowMs: number;
}

/**
 * Compiles filters into one test of a parsed resource: one that meets any of the filters passes, and none passes if there are no filters. Meant to
 * be called once and used for millions of resources. Resources of other types than the filters' do not pass.
 */
export function compileFilter(
  filters: readonly TypeFilter[],
  options: FilterOptions,
): (resource: object) => boolean {
  const alternatives = filters.map(({ type, criteria }) => {
    const tests = criteria.map((criterion) => compileCriterion(criterion, options));
    return (resource: { readonly resourceType?: unknown }) =>
      resource.resourceType === type && tests.every((test) => test(resource));
  });
  return (resource) => alternatives.some((test) => test(resource));
}

function compileCriterion(
  { parameter, condition }: Criterion,
  options: FilterOptions,
): (resource: object) => boolean {
  const branches = parameter.paths.map((path) => ({
    some: compilePath(path, parameter.expression),
    test: elementTest(condition, path, options),
  }));
  const matches = (resource: object) => branches.some(({ some, test }) => some(resource, test));
  const isNegated =
    (condition.kind === 'missing' && condition.missing) ||
    (condition.kind === 'token' && condition.not);
  return isNegated ? (resource) => !matches(resource) : matches;
}

/** The test of one element. What is negated is negated for the whole resource: no element may pass. */
function elementTest(
  condition: Condition,
  path: ElementPath,
  { baseUrl, otherBases = [], aliases, nowMs }: FilterOptions,
): (element: unknown) => boolean {
  switch (condition.kind) {
    case 'missing':
      return () => true;
    case 'token':
      return tokenTest(condition.values, path);
    case 'display':
      return displayTest(condition.values, path.type);
    case 'of-type':
      return path.type === 'Identifier' ? typedIdentifierTest(condition.values) : () => false;
    case 'string':
      return textTest(condition.values, condition.match, path.type);
    case 'uri':
      return uriTest(condition.values, condition.match, path.type);
    case 'reference':
      return referenceTest(condition.values, path, {
        target: condition.target,
        bases: [baseUrl, ...otherBases],
        aliases,
      });
    case 'identifier':
      return path.type === 'Reference' ? referenceIdentifierTest(condition.values) : () => false;
    case 'date':
      return dateTest(condition.values, path.type, nowMs);
    case 'number':
      return numberTest(condition.values);
    case 'quantity':
      return quantityTest(condition.values, path.type);
  }
}

function referenceIdentifierTest(
  values: Parameters<typeof tokenTest>[0],
): (element: unknown) => boolean {
  const test = tokenTest(values, { type: 'Identifier', from: [] });
  return (element) => test((element as { readonly identifier?: unknown }).identifier);
}
