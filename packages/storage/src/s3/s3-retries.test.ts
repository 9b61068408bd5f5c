import type { RetryReason } from '../retry-reason.ts';
import { patientRetries } from './s3-retries.ts';

type ErrorType = 'TRANSIENT' | 'THROTTLING' | 'SERVER_ERROR' | 'CLIENT_ERROR';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

interface FaultOptions {
  readonly name?: string;
  readonly status?: number;
  readonly retryAfterMs?: number;
  readonly clockSkewCorrected?: boolean;
}

/** Delays until the strategy gives up, each followed by another fault of the same kind, and what it told of them. */
async function untilGivenUp(
  errorType: ErrorType,
  { name = 'SomeError', status, retryAfterMs = 0, clockSkewCorrected }: FaultOptions = {},
): Promise<{ delays: number[]; reasons: RetryReason[] }> {
  const reasons: RetryReason[] = [];
  const retries = patientRetries(45_000, (reason) => reasons.push(reason));
  const delays: number[] = [];
  let token = await retries.acquireInitialRetryToken('');
  for (;;) {
    const $metadata = {
      ...(status && { httpStatusCode: status }),
      ...(clockSkewCorrected && { clockSkewCorrected }),
    };
    const error = { name, message: 'a fault', $metadata };
    const hint = retryAfterMs > 0 && { retryAfterHint: new Date(Date.now() + retryAfterMs) };
    const fault = { errorType, error, ...hint };
    const next = await retries.refreshRetryTokenForRetry(token, fault).catch(() => undefined);
    if (!next) return { delays, reasons };
    token = next;
    delays.push(token.getRetryDelay());
    jest.advanceTimersByTime(token.getRetryDelay());
  }
}

const sum = (delays: number[]) => delays.reduce((total, delay) => total + delay, 0);

test.each<ErrorType>(['TRANSIENT', 'THROTTLING'])(
  'a storm of %s faults of 40 s is survived, one without end is not',
  async (errorType) => {
    const { delays } = await untilGivenUp(errorType);
    expect(sum(delays)).toBeGreaterThanOrEqual(40_000);
    expect(sum(delays)).toBeLessThanOrEqual(45_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(5_000);
  },
);

test.each<ErrorType>(['CLIENT_ERROR', 'SERVER_ERROR'])(
  'what will not pass (%s) is not tried again',
  async (errorType) => expect(await untilGivenUp(errorType)).toEqual({ delays: [], reasons: [] }),
);

test('no try comes earlier than Retry-After says', async () => {
  const { delays } = await untilGivenUp('THROTTLING', { retryAfterMs: 20_000 });
  expect(delays).toEqual([20_000, 20_000]);
});

test('bytes that arrived changed are sent again, three times', async () => {
  const { delays } = await untilGivenUp('CLIENT_ERROR', { name: 'BadDigest' });
  expect(delays).toHaveLength(3);
});

test.each([
  ['RequestTimeTooSkewed', 403, 3],
  ['NotFound', 404, 0],
  ['PreconditionFailed', 412, 0],
])('where the clock is wrong, %s is tried again as often as that can help', async (...row) => {
  const [name, status, tries] = row;
  const { delays } = await untilGivenUp('TRANSIENT', { name, status, clockSkewCorrected: true });
  expect(delays).toHaveLength(tries);
});

test('a store that is busy is waited for where the clock is wrong, too', async () => {
  const fault = { name: 'SlowDown', status: 503, clockSkewCorrected: true };
  expect(sum((await untilGivenUp('THROTTLING', fault)).delays)).toBeGreaterThanOrEqual(40_000);
});

test.each<[ErrorType, FaultOptions, RetryReason]>([
  ['THROTTLING', { name: 'SlowDown', status: 503 }, 'throttled'],
  ['TRANSIENT', { name: 'InternalError', status: 500 }, 'unavailable'],
  ['TRANSIENT', { name: 'TimeoutError' }, 'connection'],
  ['TRANSIENT', { name: 'ECONNRESET', status: 200 }, 'connection'],
  ['CLIENT_ERROR', { name: 'BadDigest', status: 400 }, 'corrupt'],
])('each further try after a fault of %s %j is told of as %s', async (type, options, reason) => {
  const { delays, reasons } = await untilGivenUp(type, options);
  expect(reasons).toEqual(delays.map(() => reason));
  expect(reasons.length).toBeGreaterThan(0);
});
