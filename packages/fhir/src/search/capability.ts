import { type SearchParameter, searchParameters, type SearchType } from './parameters.ts';

/** One search parameter as a CapabilityStatement lists it. */
export interface SearchCapability {
  readonly name: string;
  readonly type: SearchType;
  /** URL of its definition. */
  readonly definition: string;
  readonly documentation?: string;
}

/**
 * The search parameters of a resource type that filters may use, exactly as they are evaluated: `CapabilityStatement.rest.resource.searchParam`
 * is made from it. Empty for a type that R4 does not have.
 */
export function searchParametersOf(type: string): readonly SearchCapability[] {
  return [...searchParameters(type).values()].filter(isEvaluated).map((parameter) => ({
    name: parameter.name,
    type: parameter.type,
    definition: parameter.definition,
    documentation: document(parameter),
  }));
}

/** Whether a filter may use it. Composite and special parameters are known, not evaluated. */
export function isEvaluated(parameter: SearchParameter): boolean {
  return parameter.paths.length > 0;
}

/** The modifiers that a parameter takes, but for the resource types of a reference. https://hl7.org/fhir/R4/search.html#modifiers */
export function acceptedModifiers({ type, paths }: SearchParameter): readonly string[] {
  const has = (...types: readonly string[]) => paths.some((path) => types.includes(path.type));
  switch (type) {
    case 'string':
      return ['missing', 'exact', 'contains'];
    case 'uri':
      return ['missing', 'above', 'below'];
    case 'reference':
      return has('Reference') ? ['missing', 'identifier'] : ['missing'];
    case 'token':
      return [
        'missing',
        'not',
        ...(has('CodeableConcept', 'Coding', 'Identifier', 'string') ? ['text'] : []),
        ...(has('Identifier') ? ['of-type'] : []),
      ];
    default:
      return ['missing'];
  }
}

/** Whether a resource type may stand as the modifier: `subject:Patient`. */
export function acceptsTargetTypes({ paths }: SearchParameter): boolean {
  return paths.some(({ type }) => type === 'Reference');
}

function document(parameter: SearchParameter): string {
  const modifiers = acceptedModifiers(parameter).map((modifier) => `:${modifier}`);
  const types = acceptsTargetTypes(parameter) ? ' and :[type]' : '';
  return `${modifiers.join(', ')}${types}${notes[parameter.type] ?? ''}`;
}

const notes: Readonly<Partial<Record<SearchType, string>>> = {
  date: '; prefixes eq, ne, gt, lt, ge, le, sa, eb, ap; without an offset: UTC',
  number: '; prefixes eq, ne, gt, lt, ge, le, sa, eb, ap',
  quantity: '; prefixes eq, ne, gt, lt, ge, le, sa, eb, ap; units are not converted',
  string: '; without a modifier: starts with, case and accents do not count',
  reference: '; id, Type/id or URL',
};
