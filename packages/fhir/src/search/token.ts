import type { ElementPath } from './parameters.ts';
import { splitValue, unescapeValue } from './query.ts';
import { SearchError } from './search-error.ts';

/** A token to look for. Without `code`: anything of the system. An empty `system`: only what has no system. */
export interface Token {
  readonly system: string | undefined;
  readonly code: string | undefined;
}

/** An identifier to look for by a coding of its type (`:of-type`). */
export interface TypedIdentifier {
  readonly system: string;
  readonly code: string;
  readonly value: string;
}

/** Reads `code`, `system|code`, `|code` or `system|`. https://hl7.org/fhir/R4/search.html#token */
export function parseToken(value: string, parameter: string): Token {
  const parts = splitValue(value, '|').map((part) => unescapeValue(part, parameter));
  const [first = '', second] = parts;
  if (parts.length > 2 || (first === '' && !second)) {
    throw new SearchError(
      'invalid',
      `${parameter}: "${value}" is no token; code, system|code, |code or system| is expected.`,
      parameter,
    );
  }
  return second === undefined
    ? { system: undefined, code: first }
    : { system: first, code: second === '' ? undefined : second };
}

/** Reads the `system|code|value` of `:of-type`; all three have to be there. */
export function parseTypedIdentifier(value: string, parameter: string): TypedIdentifier {
  const parts = splitValue(value, '|').map((part) => unescapeValue(part, parameter));
  if (parts.length !== 3 || parts.includes('')) {
    throw new SearchError(
      'invalid',
      `${parameter}: "${value}" is not system|code|value; all three parts are expected.`,
      parameter,
    );
  }
  const [system = '', code = '', identifier = ''] = parts;
  return { system, code, value: identifier };
}

/**
 * Makes the test of an element against tokens, any of which will do. Codes, ids and identifiers are compared exactly: FHIR has them
 * case-sensitive unless one knows better of the system. Plain strings and contact points are compared without case.
 */
export function tokenTest(
  tokens: readonly Token[],
  { type, from }: Pick<ElementPath, 'type' | 'from'>,
): (element: unknown) => boolean {
  const ignoresCase = type === 'string' || type === 'ContactPoint';
  const { has, hasAnyOf } = createTokenSet(tokens, ignoresCase);
  const hasCoding = testOfMember('code', has);
  switch (type) {
    case 'CodeableConcept':
      return (element) => {
        const { coding } = element as { coding?: unknown };
        return Array.isArray(coding) && coding.some(hasCoding);
      };
    case 'Coding':
      return hasCoding;
    case 'Identifier':
      return testOfMember('value', has);
    case 'ContactPoint':
      return (element) => has(undefined, (element as { value?: unknown }).value);
    case 'code':
      return (element) => has(undefined, element) || hasAnyOf(from, element);
    case 'boolean':
      return (element) => typeof element === 'boolean' && has(undefined, String(element));
    default:
      return (element) => has(undefined, element);
  }
}

/** Makes the test of an Identifier for `:of-type`. */
export function typedIdentifierTest(
  wanted: readonly TypedIdentifier[],
): (element: unknown) => boolean {
  const tests = wanted.map(({ system, code, value }) => {
    const hasType = tokenTest([{ system, code }], { type: 'CodeableConcept', from: [] });
    return (identifier: { readonly type?: unknown; readonly value?: unknown }) =>
      identifier.value === value && isObject(identifier.type) && hasType(identifier.type);
  });
  return (element) => isObject(element) && tests.some((test) => test(element));
}

type Has = (system: unknown, code: unknown) => boolean;

function testOfMember(name: 'code' | 'value', has: Has): (element: unknown) => boolean {
  return (element) => {
    if (!isObject(element)) {
      return false;
    }
    const members = element as Readonly<Record<string, unknown>>;
    return has(members.system, members[name]);
  };
}

interface TokenSet {
  readonly has: Has;
  /** Like `has`, for a value whose system is implied: one of these. */
  readonly hasAnyOf: (systems: readonly string[], code: unknown) => boolean;
}

/** By code, so that a list of a thousand costs what a single one costs. */
function createTokenSet(tokens: readonly Token[], ignoresCase: boolean): TokenSet {
  const fold = (code: string) => (ignoresCase ? code.toLowerCase() : code);
  const systemsByCode = new Map<string, Set<unknown>>();
  const wholeSystems = new Set<unknown>();
  for (const { system, code } of tokens) {
    if (code === undefined) {
      wholeSystems.add(system);
    } else {
      const systems = systemsByCode.get(fold(code)) ?? new Set();
      systemsByCode.set(fold(code), systems.add(system));
    }
  }
  const has: Has = (system, code) => {
    const wanted = typeof code === 'string' ? systemsByCode.get(fold(code)) : undefined;
    return (
      (wanted !== undefined && (wanted.has(undefined) || wanted.has(system ?? ''))) ||
      (wholeSystems.size > 0 && wholeSystems.has(system))
    );
  };
  return { has, hasAnyOf: (systems, code) => systems.some((system) => has(system, code)) };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
