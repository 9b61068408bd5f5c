import { type FilterLists, resourceTypes } from '@sluice/fhir';
import { operationScopes, type DataScope, type OperationScope, type Scope } from './scopes.ts';

/** What somebody may do with resources. */
export interface TypeRights {
  readonly types: 'all' | ReadonlySet<string>;
  /** By type the searches that a resource has to match; types that are not here are not filtered. */
  readonly rowFilters: ReadonlyMap<string, FilterLists>;
}

/** What limits a client beside its scopes. */
export interface Limits {
  /** Groups that it may know of, and whose members' data it may have; absent: all, or no Group when its patients are limited. */
  readonly groups?: readonly string[] | undefined;
  /** Patients whose data it may have; absent: all. */
  readonly patients?: readonly string[] | undefined;
}

/** Everything a request may do. */
export interface Rights extends Limits {
  /** Only the data of the members of these Groups, and where `patients` are listed only of those who are both; absent: everybody's. */
  readonly membersOf?: readonly string[] | undefined;
  /** What its client is registered to export, whatever the token asks for; absent where clients are registered elsewhere. */
  readonly registered?: TypeRights | undefined;
  /** Resources that may be exported and searched: reading and searching is permitted. */
  readonly exports: TypeRights;
  /** Resources that may be read by their id. */
  readonly reads: TypeRights;
  readonly operations: ReadonlySet<OperationScope['operation']>;
}

/**
 * Turns granted scopes into rights. Several scopes of one type are alternatives. A client limited to Groups sees only these Groups and
 * their members' data. A client limited to patients could learn of other patients from a Group, so it sees no Group that is not
 * listed. SPEC G-056, G-065
 */
export function rightsOf(scopes: readonly Scope[], limits: Limits = {}): Rights {
  const data = scopes.filter((scope): scope is DataScope => !('operation' in scope));
  const operations = new Set(
    scopes.flatMap((scope) => ('operation' in scope ? [scope.operation] : [])),
  );
  const unlimited = {
    exports: typeRights(data, 'rs'),
    reads: typeRights(data, 'r'),
    operations,
  };
  return limitRights(unlimited, limits);
}

/** Limits rights that come from scopes alone to Groups and patients. */
export function limitRights(
  { exports, reads, operations, registered }: Rights,
  { groups: named, patients }: Limits,
): Rights {
  const groups = named ?? (patients === undefined ? undefined : []);
  return {
    ...(groups === undefined ? {} : { groups }),
    ...(named === undefined ? {} : { membersOf: named }),
    ...(patients === undefined ? {} : { patients }),
    ...(registered === undefined ? {} : { registered: onlyGroups(registered, groups) }),
    exports: onlyGroups(exports, groups),
    reads: onlyGroups(reads, groups),
    operations,
  };
}

/** Whether a client may have the data of some patients only. */
export function isLimitedToPatients({
  patients,
  membersOf,
}: Pick<Rights, 'patients' | 'membersOf'>): boolean {
  return patients !== undefined || membersOf !== undefined;
}

/** The rights of everybody where nobody is asked who they are. */
export const everything: Rights = {
  exports: { types: 'all', rowFilters: new Map() },
  reads: { types: 'all', rowFilters: new Map() },
  operations: new Set(operationScopes),
};

/** The rights of a request before it is known who makes it. */
export const nothing: Rights = rightsOf([]);

/** The searches that a resource of a type has to match, none when every one may be had; `undefined`: no right. */
export function filtersOf(
  { types, rowFilters }: TypeRights,
  type: string,
): FilterLists | undefined {
  return types === 'all' || types.has(type) ? (rowFilters.get(type) ?? []) : undefined;
}

function typeRights(scopes: readonly DataScope[], letters: string): TypeRights {
  const fitting = scopes.filter(({ permissions }) =>
    [...letters].every((letter) => permissions.includes(letter)),
  );
  const named = new Set(fitting.map(({ type }) => type));
  const forAll = filtersOfScopes(fitting.filter(({ type }) => type === '*'));
  const hasAll = named.delete('*');
  const rowFilters = new Map<string, FilterLists>();
  for (const type of hasAll ? resourceTypes : named) {
    const filters = named.has(type)
      ? filtersOfScopes(fitting.filter((scope) => scope.type === type || scope.type === '*'))
      : forAll;
    if (filters !== undefined) rowFilters.set(type, filters);
  }
  return { types: hasAll ? 'all' : named, rowFilters };
}

/** `undefined` when one of the scopes has no search: it permits everything. */
function filtersOfScopes(scopes: readonly DataScope[]): FilterLists | undefined {
  const queries = scopes.map(({ query }) => query).filter((query) => query !== undefined);
  return queries.length === scopes.length ? [[...new Set(queries)]] : undefined;
}

function onlyGroups(rights: TypeRights, groups: readonly string[] | undefined): TypeRights {
  const filters = filtersOf(rights, 'Group');
  if (groups === undefined || filters === undefined) return rights;
  if (groups.length === 0) {
    const types = rights.types === 'all' ? resourceTypes : rights.types;
    return { ...rights, types: new Set([...types].filter((type) => type !== 'Group')) };
  }
  const permitted = [...filters, [`_id=${[...groups].sort().join(',')}`]];
  return { ...rights, rowFilters: new Map([...rights.rowFilters, ['Group', permitted]]) };
}
