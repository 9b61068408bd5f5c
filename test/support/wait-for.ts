import { setTimeout as wait } from 'node:timers/promises';
import { patiently } from './patience.ts';

/** How long to wait on a quiet machine, and what for. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  /** Named in the error when it does not come about. */
  readonly what?: string;
}

/** Waits until the condition holds; fails when it does not within the limit (10 s), made as long as this machine needs. */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  options: WaitOptions | number = {},
): Promise<void> {
  const given = typeof options === 'number' ? { timeoutMs: options } : options;
  const { timeoutMs = 10_000, what = condition.toString() } = given;
  const limitMs = patiently(timeoutMs);
  for (const end = Date.now() + limitMs; !(await condition()); await wait(20)) {
    if (Date.now() > end) throw new Error(`Not within ${limitMs} ms: ${what}`);
  }
}
