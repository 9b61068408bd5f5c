import { AuthError } from './errors.ts';
import { formatScope, parseScope, splitScopes, type DataScope, type Scope } from './scopes.ts';

/** What may be granted: this server has nothing to write to. SPEC G-057, G-058 */
const grantable = 'rs';

/**
 * Decides which of the requested scopes a client gets: what both the request and its registration say, in the form
 * (version 1 or 2) of the request. Of `system/*.read` a client that may read Patients gets `system/Patient.read`;
 * what is of no use here is dropped.
 *
 * @returns scopes as text, each once
 * @throws AuthError `invalid_scope` when nothing is left
 */
export function grantScopes(requested: string, registered: readonly Scope[]): string[] {
  const asked = splitScopes(requested);
  if (asked.length === 0) throw new AuthError('invalid_scope', 'The scope is empty.');
  const granted = asked
    .map(parseScope)
    .filter((scope) => scope !== undefined)
    .flatMap((scope) => commonTo(scope, registered));
  const texts = new Set(withoutCovered(granted).map(formatScope));
  if (texts.size > 0) return [...texts];
  const text =
    'None of the requested scopes can be granted; accepted: scopes such as system/*.read or system/Patient.rs that the client is registered for.';
  throw new AuthError('invalid_scope', text);
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
  const permissions = [...grantable]
    .filter((letter) => a.permissions.includes(letter) && b.permissions.includes(letter))
    .join('');
  if (permissions === '') return undefined;
  const queries = [...new Set([a.query, b.query].filter((query) => query !== undefined))];
  const type = a.type === '*' ? b.type : a.type;
  const both = { version: a.version, type, permissions };
  return queries.length === 0 ? both : { ...both, query: queries.join('&') };
}

/** A scope that another one includes says nothing more. */
function withoutCovered(scopes: readonly Scope[]): Scope[] {
  return scopes.filter(
    (scope, index) =>
      !scopes.some(
        (other, at) =>
          at !== index && covers(other, scope) && (at < index || !covers(scope, other)),
      ),
  );
}

function covers(wide: Scope, narrow: Scope): boolean {
  if ('operation' in wide || 'operation' in narrow) return false;
  return (
    wide.version === narrow.version &&
    (wide.type === '*' || wide.type === narrow.type) &&
    (wide.query === undefined || wide.query === narrow.query) &&
    [...narrow.permissions].every((letter) => wide.permissions.includes(letter))
  );
}
