import { formatCount } from './format.ts';

/** Says how fast a load is and how long it will take, from its beginning on. */
export class LoadRate {
  readonly #now: () => number;
  readonly #startedAt: number;

  /** `now` gives milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#startedAt = now();
  }

  /** For example `12,345 resources, 4,100/s, 2 min left`; `share` goes from 0 to 1. */
  describe(resources: number, share: number): string {
    const seconds = (this.#now() - this.#startedAt) / 1000;
    const counted = `${formatCount(resources)} resources`;
    if (seconds < 1 || resources === 0) return counted;
    const perSecond = `${formatCount(Math.round(resources / seconds))}/s`;
    const left = share > 0 ? describeTime((seconds / share) * (1 - share)) : undefined;
    return [counted, perSecond, ...(left === undefined ? [] : [`${left} left`])].join(', ');
  }
}

function describeTime(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.ceil(minutes / 60)} h`;
}
