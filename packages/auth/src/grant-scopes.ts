import { AuthError } from './errors.ts';
import { checkScopesSize, maxScopes } from './scope-limits.ts';
import { formatScope, parseScope, splitScopes, type DataScope, type Scope } from './scopes.ts';

/** What may be granted: this server has nothing to write to. SPEC G-057, G-058 */
const grantable = ['r', 's', 'rs'];
/** Most pairs of a requested and a registered scope that are looked at. */
const maxPairs = maxScopes * maxScopes;
/** So many scopes are named in a message. */
const mostNamed = 10;

/**
 * Decides which of the requested scopes a client gets: what both the request and its registration say, in the form
 * (version 1 or 2) of the request. Of `system/*.read` a client that may read Patients gets `system/Patient.read`;
 * what is of no use here is dropped.
 *
 * @returns scopes as text, each once
 * @throws AuthError `invalid_scope` when nothing is left, or more is asked for or left than a token may hold
 */
export function grantScopes(requested: string, registered: readonly Scope[]): string[] {
  const asked = splitScopes(requested);
  checkScopesSize(asked.length, requested.length, 'The request');
  if (asked.length === 0) throw new AuthError('invalid_scope', 'The scope is empty.');
  if (asked.length * registered.length > maxPairs) {
    const text = `The client is registered for ${registered.length} scopes, too many to compare ${asked.length} with; ask for fewer.`;
    throw new AuthError('invalid_scope', text);
  }
  const granted = asked
    .map(parseScope)
    .filter((scope) => scope !== undefined)
    .flatMap((scope) => commonTo(scope, registered));
  const texts = [...new Set(withoutCovered(granted).map(formatScope))];
  if (texts.length > 0) {
    checkScopesSize(texts.length, texts.join(' ').length, 'The grant');
    return texts;
  }
  const missing = asked.map(parseScope).filter((scope) => scope !== undefined);
  const what = missing.length === 0 ? '' : ` (${named(missing)})`;
  const text = `None of the requested scopes${what} can be granted; accepted: scopes such as system/*.read or system/Patient.rs within what the client is registered for: ${named(registered)}.`;
  throw new AuthError('invalid_scope', text);
}

/** Up to ten scopes, and how many more there are. */
function named(scopes: readonly Scope[]): string {
  const shown = scopes.slice(0, mostNamed).map(formatScope).join(' ');
  const more = scopes.length - mostNamed;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

function commonTo(scope: Scope, registered: readonly Scope[]): Scope[] {
  if ('operation' in scope) {
    const has = registered.some((one) => 'operation' in one && one.operation === scope.operation);
    return has ? [scope] : [];
  }
  return registered
    .map((one) => ('operation' in one ? undefined : intersection(scope, one)))
    .filter((one) => one !== undefined);
}

function intersection(a: DataScope, b: DataScope): DataScope | undefined {
  if (a.type !== '*' && b.type !== '*' && a.type !== b.type) return undefined;
  const permissions = [...'rs']
    .filter((letter) => a.permissions.includes(letter) && b.permissions.includes(letter))
    .join('');
  if (permissions === '') return undefined;
  const queries = [...new Set([a.query, b.query].filter((query) => query !== undefined))];
  const type = a.type === '*' ? b.type : a.type;
  const both = { version: a.version, type, permissions };
  return queries.length === 0 ? both : { ...both, query: queries.join('&') };
}

/** Each scope once, without those that another one includes: looked up, as there may be thousands of them. */
function withoutCovered(scopes: readonly Scope[]): Scope[] {
  const byKey = new Map(scopes.map((scope) => [keyOf(scope), scope]));
  return [...byKey].flatMap(([key, scope]) =>
    widerKeys(scope).some((wider) => wider !== key && byKey.has(wider)) ? [] : [scope],
  );
}

function keyOf(scope: Scope): string {
  if ('operation' in scope) return scope.operation;
  const { version, type, permissions, query } = scope;
  return JSON.stringify([version, type, permissions, query]);
}

/** Keys of every scope that includes this one, itself among them. */
function widerKeys(scope: Scope): string[] {
  if ('operation' in scope) return [];
  const { version, type, permissions, query } = scope;
  const wider = grantable.filter((letters) => letters.includes(permissions));
  return wider.flatMap((letters) =>
    [type, '*'].flatMap((each) => [
      keyOf({ version, type: each, permissions: letters }),
      ...(query === undefined ? [] : [keyOf({ version, type: each, permissions: letters, query })]),
    ]),
  );
}
