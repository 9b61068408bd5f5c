import type { KeySet } from './key-set.ts';

/** A client of this server's own authorization server. It has either `jwks` or `jwksUrl`. */
export interface RegisteredClient {
  readonly id: string;
  readonly jwks?: KeySet;
  readonly jwksUrl?: string;
  /** What it may be granted at the most. */
  readonly scopes: readonly string[];
  /** Groups that it may export; absent: all. */
  readonly groups?: readonly string[];
  /** Patients whose data it may have; absent: all. */
  readonly patients?: readonly string[];
  /** Exports that it may have active at once, with EXPORT_SLOT_SCOPE=client; absent: EXPORT_SLOTS. */
  readonly slots?: number;
  /** Gets no tokens, and those that it has are not believed. */
  readonly disabled: boolean;
}

/** A client that is registered, as the authorization server finds it. */
export interface KnownClient extends RegisteredClient {
  /** Tells it from clients that had its id before: its tokens are good for no other. */
  readonly generation: string;
}

/** What a client id can look like: printable, and harmless in logs and URLs. */
export const clientIdPattern = /^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,199}$/;
