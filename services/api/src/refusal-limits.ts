import { isIPv6 } from 'node:net';

/** Refused attempts that were not recorded one by one. */
export interface UnrecordedRefusals {
  /** From where; absent: from more places than are told apart. */
  readonly source?: string;
  readonly count: number;
}

const most = 300;
const mostBySource = 100;
const mostSources = 100;

interface Tally {
  admitted: number;
  more: number;
}

/**
 * Decides which refused attempts are recorded: of each source some, of all sources together more. The others are counted, so that
 * nobody hides among attempts of his own or of others, and nobody fills the database. Whoever has this calls `drain` once a minute.
 */
export class RefusalLimits {
  readonly #bySource = new Map<string, Tally>();
  #admitted = 0;
  #elsewhere = 0;

  /** Whether an attempt from an address is to be recorded; otherwise it is counted. */
  admit(address: string | undefined): boolean {
    const source = sourceOf(address);
    let tally = this.#bySource.get(source);
    if (tally === undefined) {
      if (this.#bySource.size >= mostSources) {
        this.#elsewhere += 1;
        return false;
      }
      tally = { admitted: 0, more: 0 };
      this.#bySource.set(source, tally);
    }
    const isAdmitted = tally.admitted < mostBySource && this.#admitted < most;
    if (isAdmitted) {
      tally.admitted += 1;
      this.#admitted += 1;
    } else {
      tally.more += 1;
    }
    return isAdmitted;
  }

  /** What was counted since the last call; begins anew. */
  drain(): UnrecordedRefusals[] {
    const counted = [...this.#bySource]
      .map(([source, { more }]) => ({ source, count: more }))
      .filter(({ count }) => count > 0);
    const elsewhere = this.#elsewhere;
    this.#bySource.clear();
    this.#admitted = 0;
    this.#elsewhere = 0;
    return elsewhere === 0 ? counted : [...counted, { count: elsewhere }];
  }
}

/** Of IPv6 the network of 64 bits, any address of which a single host can take. */
function sourceOf(address = ''): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = '', tail] = address.split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? 0 : tail.split(':').length;
  while (tail !== undefined && groups.length + behind < 8) groups.push('0');
  const all = [...groups, ...(tail ?? '').split(':')];
  return `${all.slice(0, 4).join(':')}::/64`;
}
