import type { UserDelegationKey } from '@azure/storage-blob';
import type { BlobContainer } from './blob-container.ts';

const hourMs = 3_600_000;
/** Longer than URLs live, so that one key signs those of some hours. */
const usualMs = 6 * hourMs;
/** By so much the clocks may differ. */
const skewMs = hourMs / 4;
/** No key of the service lives more than seven days, and it begins in the past. */
const longestMs = 7 * 24 * hourMs - skewMs;

/** A key of an identity, and when it ends. */
export interface DelegationKey {
  readonly key: UserDelegationKey;
  readonly endsAt: Date;
}

/** Keys with which an identity signs URLs; each is used until it ends before the URL does. */
export class DelegationKeys {
  readonly #container: BlobContainer;
  readonly #now: () => number;
  #current: DelegationKey | undefined;
  #asking: Promise<DelegationKey> | undefined;

  constructor(container: BlobContainer, now: () => number) {
    this.#container = container;
    this.#now = now;
  }

  /** A key that lives as long as the URL that it is to sign, or about as long as any can. */
  async keyFor(expiresAt: Date): Promise<DelegationKey> {
    const now = this.#now();
    const end = Math.min(expiresAt.getTime(), now + longestMs - hourMs);
    for (;;) {
      const current = this.#current;
      if (current && current.endsAt.getTime() >= end) return current;
      // With an hour to spare it signs more than this one.
      this.#asking ??= this.#ask(now, Math.max(end + hourMs, now + usualMs)).finally(() => {
        this.#asking = undefined;
      });
      this.#current = await this.#asking;
    }
  }

  async #ask(now: number, end: number): Promise<DelegationKey> {
    const endsAt = new Date(end);
    const key = await this.#container.request('GetUserDelegationKey', ({ abortSignal }) =>
      this.#container.service.getUserDelegationKey(new Date(now - skewMs), endsAt, { abortSignal }),
    );
    return { key, endsAt };
  }
}
