/** So many scopes are named in a message; the rest is counted. */
const mostNamed = 10;

/**
 * What a client would have to be granted, as part of a message: `missing scope: system/Patient.rs`.
 *
 * @param types names of resource types, at least one
 * @param permission letters of SMART's version 2; default: reading and searching, which exports need
 */
export function missingScopes(types: readonly string[], permission: 'r' | 'rs' = 'rs'): string {
  const scopes = types.slice(0, mostNamed).map((type) => `system/${type}.${permission}`);
  const more = types.length - scopes.length;
  const text = scopes.join(' ') + (more > 0 ? ` and ${more} more` : '');
  return `missing ${types.length === 1 ? 'scope' : 'scopes'}: ${text}`;
}
