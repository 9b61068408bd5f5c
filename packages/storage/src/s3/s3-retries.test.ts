import { patientRetries } from './s3-retries.ts';

type ErrorType = 'TRANSIENT' | 'THROTTLING' | 'SERVER_ERROR' | 'CLIENT_ERROR';

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

/** Delays until the strategy gives up, each followed by another fault of the same kind. */
async function delaysUntilGivenUp(
  errorType: ErrorType,
  { patienceMs = 45_000, name = 'SomeError', retryAfterMs = 0 } = {},
): Promise<number[]> {
  const retries = patientRetries(patienceMs);
  const delays: number[] = [];
  let token = await retries.acquireInitialRetryToken('');
  for (;;) {
    const error = { name, message: 'a fault', $metadata: {} };
    const hint = retryAfterMs > 0 && { retryAfterHint: new Date(Date.now() + retryAfterMs) };
    const fault = { errorType, error, ...hint };
    const next = await retries.refreshRetryTokenForRetry(token, fault).catch(() => undefined);
    if (!next) return delays;
    token = next;
    delays.push(token.getRetryDelay());
    jest.advanceTimersByTime(token.getRetryDelay());
  }
}

const sum = (delays: number[]) => delays.reduce((total, delay) => total + delay, 0);

test.each<ErrorType>(['TRANSIENT', 'THROTTLING'])(
  'a storm of %s faults of 40 s is survived, one without end is not',
  async (errorType) => {
    const delays = await delaysUntilGivenUp(errorType);
    expect(sum(delays)).toBeGreaterThanOrEqual(40_000);
    expect(sum(delays)).toBeLessThanOrEqual(45_000);
    expect(Math.max(...delays)).toBeLessThanOrEqual(5_000);
  },
);

test.each<ErrorType>(['CLIENT_ERROR', 'SERVER_ERROR'])(
  'what will not pass (%s) is not tried again',
  async (errorType) => expect(await delaysUntilGivenUp(errorType)).toEqual([]),
);

test('no try comes earlier than Retry-After says', async () => {
  const delays = await delaysUntilGivenUp('THROTTLING', { retryAfterMs: 20_000 });
  expect(delays).toEqual([20_000, 20_000]);
});

test('bytes that arrived changed are sent again, three times', async () => {
  const delays = await delaysUntilGivenUp('CLIENT_ERROR', { name: 'BadDigest' });
  expect(delays).toHaveLength(3);
});
