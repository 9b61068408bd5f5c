import { searchParameterRows } from '../generated/search-parameters.ts';

/** The search parameter types of R4. https://hl7.org/fhir/R4/valueset-search-param-type.html */
export type SearchType =
  | 'composite'
  | 'date'
  | 'number'
  | 'quantity'
  | 'reference'
  | 'special'
  | 'string'
  | 'token'
  | 'uri';

/** One step of a path: the member to take, whether it repeats, and which of the values found are meant. */
export interface PathStep {
  readonly name: string;
  readonly repeats: boolean;
  /** Only references to resources of this type. */
  readonly target: string | undefined;
  /** Only values whose member has this text. */
  readonly where: { readonly name: string; readonly value: string } | undefined;
}

/** Where a parameter finds its values, and of which data type they are. */
export interface ElementPath {
  /** No steps: what the expression of the parameter answers. */
  readonly steps: readonly PathStep[];
  readonly type: string;
  /** Of a `code`: the code systems it is bound to. Of a Reference: the type it leads to, where there is only one. */
  readonly from: readonly string[];
}

/** A search parameter of R4 for one resource type. Without paths it is known, but not evaluated. */
export interface SearchParameter {
  readonly name: string;
  readonly type: SearchType;
  /** URL of its definition. */
  readonly definition: string;
  readonly paths: readonly ElementPath[];
  /** FHIRPath, as far as it is about this resource type. */
  readonly expression: string;
}

const byType = new Map<string, ReadonlyMap<string, SearchParameter>>();

/**
 * The R4 search parameters of a resource type by name, those of every resource (`_id`, …) first. Those that are not evaluated are
 * among them: composite and special ones, and those without an expression.
 */
export function searchParameters(type: string): ReadonlyMap<string, SearchParameter> {
  let parameters = byType.get(type);
  if (parameters === undefined) {
    const rows = ['Resource', 'DomainResource', type].flatMap(
      (name) => searchParameterRows[name] ?? [],
    );
    parameters = new Map(rows.map((row) => [row[0], parseRow(row)]));
    byType.set(type, parameters);
  }
  return parameters;
}

type Row = (typeof searchParameterRows)[string][number];

function parseRow([name, type, id, paths, expression]: Row): SearchParameter {
  return {
    name,
    type: type as SearchType,
    definition: `http://hl7.org/fhir/SearchParameter/${id}`,
    paths: paths.split(' ').filter(Boolean).map(parsePath),
    expression,
  };
}

/** `telecom*[system=phone]:ContactPoint`: see the generated file. */
function parsePath(text: string): ElementPath {
  const colon = text.indexOf(':');
  const [type = '', ...from] = text.slice(colon + 1).split('|');
  const steps = [...text.slice(0, colon).matchAll(/(\w+)(\*?)(?:\[(\w+)(?:=([\w-]+))?\])?/g)].map(
    ([, name = '', star, key, value]) => ({
      name,
      repeats: star === '*',
      target: value === undefined ? key : undefined,
      where: key === undefined || value === undefined ? undefined : { name: key, value },
    }),
  );
  return { steps, type, from };
}
