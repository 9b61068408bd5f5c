import { AuthError } from './errors.ts';
import { grantScopes } from './grant-scopes.ts';
import { rightsOf, type Rights } from './rights.ts';
import { parseScopes } from './scopes.ts';

/** Lists of scopes whose rights are remembered. Each holds some kilobytes, 100 scopes of each its own search some 100 KB. */
const mostLists = 250;

/**
 * The rights that lists of scopes give, worked out once for each: a client asks many times with the same ones, and reading their
 * searches costs more than anything else about a token.
 */
export class ScopeRights {
  readonly #known = new Map<string, Rights>();

  /** The rights of a token's scopes, limited to no Groups and no patients yet. */
  granted(scopes: readonly string[]): Rights {
    const text = scopes.join(' ');
    return this.#recall(text, () => rightsOf(parseScopes(text)));
  }

  /** Of a token's scopes what its client is still registered for. */
  stillGranted(scopes: readonly string[], registered: readonly string[]): Rights {
    const [text, all] = [scopes.join(' '), registered.join(' ')];
    return this.#recall(`${text}\n${all}`, () => rightsOf(parseScopes(regrant(text, all))));
  }

  /** What was used last stays longest. */
  #recall(key: string, work: () => Rights): Rights {
    const rights = this.#known.get(key) ?? work();
    this.#known.delete(key);
    this.#known.set(key, rights);
    const [oldest] = this.#known.keys();
    if (this.#known.size > mostLists && oldest !== undefined) this.#known.delete(oldest);
    return rights;
  }
}

/** Nothing that can be granted any more is no fault of the token: it is good for nothing. */
function regrant(scopes: string, registered: string): string {
  try {
    return grantScopes(scopes, parseScopes(registered)).join(' ');
  } catch (error) {
    if (error instanceof AuthError) return '';
    throw error;
  }
}
