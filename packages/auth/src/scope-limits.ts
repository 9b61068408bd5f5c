import { AuthError } from './errors.ts';

/** Most scopes that one token or one registration may have. Every request evaluates them. */
export const maxScopes = 100;

/** Most characters of them, separators included. */
export const maxScopesLength = 4096;

/**
 * Checks a list of scopes before any of them is read.
 *
 * @param what whose scopes these are, for the message: `The request`
 * @throws AuthError `invalid_scope` when there are too many or they are too long
 */
export function checkScopesSize(count: number, length: number, what: string): void {
  if (count <= maxScopes && length <= maxScopesLength) return;
  const text = `${what} has ${count} scopes of ${length} characters; accepted: ${maxScopes} scopes of ${maxScopesLength} characters in all.`;
  throw new AuthError('invalid_scope', text);
}
