import { AuthError } from './errors.ts';
import { fetchJson, type FetchedJson, type FetchLimits } from './fetch-json.ts';
import { readKeySet, selectKey, type Key, type KeySet, type WantedKey } from './key-set.ts';

/** How long a set lasts that does not say. */
const defaultLifeMs = 60_000;
const longestLifeMs = 3_600_000;
/** A key that is not in a fresh set may be new; more often than this that is not looked up. */
const refetchPauseMs = 5000;
const maxSets = 1000;

interface Cached {
  set: KeySet;
  fetchedAt: number;
  freshUntil: number;
}

/** What a cache of key sets works with. */
export interface RemoteKeysOptions extends FetchLimits {
  /** Epoch milliseconds. */
  readonly now?: () => number;
  readonly fetch?: (url: string) => Promise<FetchedJson>;
}

/**
 * Key sets by URL. One is kept no longer than its Cache-Control allows, and fetched anew when a key is not in it, so
 * that keys can be rotated at any time. SPEC G-022 … G-025
 */
export class RemoteKeys {
  readonly #cached = new Map<string, Cached>();
  readonly #pending = new Map<string, Promise<Cached>>();
  readonly #fetch: (url: string) => Promise<FetchedJson>;
  readonly #now: () => number;

  constructor(options: RemoteKeysOptions) {
    this.#fetch = options.fetch ?? ((url) => fetchJson(url, options));
    this.#now = options.now ?? Date.now;
  }

  /** The key of a signature. @throws AuthError `invalid_client` when the set cannot be had or does not tell */
  async find(url: string, wanted: WantedKey): Promise<Key | undefined> {
    const asked = this.#now();
    const known = this.#cached.get(url);
    if (known === undefined || known.freshUntil <= asked) {
      return selectKey((await this.#refetch(url)).set, wanted);
    }
    const key = selectKey(known.set, wanted);
    if (key !== undefined || known.fetchedAt + refetchPauseMs > asked) return key;
    return selectKey((await this.#refetch(url)).set, wanted);
  }

  async #refetch(url: string): Promise<Cached> {
    const pending =
      this.#pending.get(url) ?? this.#load(url).finally(() => this.#pending.delete(url));
    this.#pending.set(url, pending);
    return await pending;
  }

  async #load(url: string): Promise<Cached> {
    let answer: FetchedJson;
    try {
      answer = await this.#fetch(url);
    } catch (cause) {
      throw new AuthError('invalid_client', 'The key set cannot be fetched.', { cause });
    }
    const fetchedAt = this.#now();
    const set = readKeySet(answer.body);
    const loaded = { set, fetchedAt, freshUntil: fetchedAt + lifeMs(answer.cacheControl) };
    this.#cached.delete(url);
    this.#cached.set(url, loaded);
    const [oldest] = this.#cached.keys();
    if (this.#cached.size > maxSets && oldest !== undefined) this.#cached.delete(oldest);
    return loaded;
  }
}

function lifeMs(cacheControl: string | undefined): number {
  if (cacheControl === undefined) return defaultLifeMs;
  if (/\bno-(store|cache)\b/i.test(cacheControl)) return 0;
  const seconds = /\bmax-age="?(\d{1,9})/i.exec(cacheControl)?.[1];
  return seconds === undefined ? defaultLifeMs : Math.min(Number(seconds) * 1000, longestLifeMs);
}
