import { setTimeout as wait } from 'node:timers/promises';

/** How long to wait, and what for. */
export interface WaitOptions {
  readonly timeoutMs?: number;
  /** Named in the error when it does not come about. */
  readonly what?: string;
}

/** Waits until the condition holds; fails when it does not within the limit (10 s). */
export async function waitFor(
  condition: () => boolean | Promise<boolean>,
  options: WaitOptions | number = {},
): Promise<void> {
  const given = typeof options === 'number' ? { timeoutMs: options } : options;
  const { timeoutMs = 10_000, what = condition.toString() } = given;
  for (const end = Date.now() + timeoutMs; !(await condition()); await wait(20)) {
    if (Date.now() > end) throw new Error(`Not within ${timeoutMs} ms: ${what}`);
  }
}
