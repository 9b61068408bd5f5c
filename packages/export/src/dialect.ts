/**
 * What servers of some vendors answer otherwise than the guide says, for clients that were made for them.
 * SPEC I-100, I-102, I-103, I-113
 */
export interface Dialect {
  readonly retryAfterUnit: 'seconds' | 'milliseconds';
  /** Of X-Progress: `42% complete, …`, or one of scheduled, started and completed. */
  readonly progressForm: 'percent' | 'word';
  /** Issue code of the 404 for an export that is not there. */
  readonly notFoundCode: 'not-found' | 'forbidden';
  /** Whether a manifest says `status: completed`. */
  readonly manifestStatus: boolean;
}

/** What the guide says. */
export const guideDialect: Dialect = {
  retryAfterUnit: 'seconds',
  progressForm: 'percent',
  notFoundCode: 'not-found',
  manifestStatus: false,
};

/** Value of Retry-After. */
export function retryAfterText(seconds: number, { retryAfterUnit }: Dialect): string {
  return String(retryAfterUnit === 'seconds' ? seconds : seconds * 1000);
}
