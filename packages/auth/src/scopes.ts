import { isResourceType, parseTypeFilter, SearchError } from '@sluice/fhir';

/** A right to resources: `system/Patient.read`, or `system/Observation.rs?category=laboratory`. */
export interface DataScope {
  readonly version: 1 | 2;
  /** A resource type, or `*`. */
  readonly type: string;
  /** Of the letters `cruds`, in that order. */
  readonly permissions: string;
  /** The search that a resource has to match. */
  readonly query?: string;
}

/** Rights to operations of their own, by scope. SPEC G-069 */
export const operationScopes = ['system/bulk-submit', 'system/bulk-admin'] as const;

/** The right to an operation. */
export interface OperationScope {
  readonly operation: (typeof operationScopes)[number];
}

/** A scope that this server knows. */
export type Scope = DataScope | OperationScope;

const dataScope = /^system\/(\*|[A-Z][A-Za-z]*)\.(read|write|\*|[cruds]+)(?:\?(.*))?$/s;
/** What RFC 6749 lets a scope consist of. */
const scopeText = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const versionOne: ReadonlyMap<string, string> = new Map([
  ['read', 'rs'],
  ['write', 'cud'],
  ['*', 'cruds'],
]);

/**
 * Reads one scope of SMART App Launch, version 1 or 2.
 *
 * @returns `undefined` for anything else: other contexts, unknown types and actions, letters out of order, a search that cannot be done. SPEC G.6
 */
export function parseScope(text: string): Scope | undefined {
  const operation = operationScopes.find((name) => name === text);
  if (operation !== undefined) return { operation };
  const [, type, action, query] = dataScope.exec(scopeText.test(text) ? text : '') ?? [];
  if (type === undefined || action === undefined) return undefined;
  if (type !== '*' && !isResourceType(type)) return undefined;
  const mapped = versionOne.get(action);
  if (mapped !== undefined) {
    return query === undefined ? { version: 1, type, permissions: mapped } : undefined;
  }
  if (!/^c?r?u?d?s?$/.test(action)) return undefined;
  if (query === undefined) return { version: 2, type, permissions: action };
  return isSearchOf(type, query) ? { version: 2, type, permissions: action, query } : undefined;
}

/** Splits a list of scopes: by white space, and by commas between two of them (SPEC G-070). */
export function splitScopes(text: string): string[] {
  const commas = /,(?=(?:system|user|patient)\/|launch|openid|fhirUser|offline_access)/;
  return text
    .split(/\s+/)
    .flatMap((item) => item.split(commas))
    .filter((item) => item !== '');
}

/** The scopes of a list that this server knows. */
export function parseScopes(text: string): Scope[] {
  return splitScopes(text)
    .map(parseScope)
    .filter((scope) => scope !== undefined);
}

/** A scope as text, in the form of its version where that can say it. */
export function formatScope(scope: Scope): string {
  if ('operation' in scope) return scope.operation;
  const { version, type, permissions, query } = scope;
  const action = version === 1 && query === undefined ? nameOf(permissions) : permissions;
  return `system/${type}.${action}${query === undefined ? '' : `?${query}`}`;
}

function nameOf(permissions: string): string {
  for (const [name, letters] of versionOne) if (letters === permissions) return name;
  return permissions;
}

/** It has the search parameters that every type has, and no others. */
const plainType = 'Binary';

function isSearchOf(type: string, query: string): boolean {
  if (query === '') return false;
  try {
    parseTypeFilter(type === '*' ? plainType : type, query);
    return true;
  } catch (error) {
    if (error instanceof SearchError) return false;
    throw error;
  }
}
