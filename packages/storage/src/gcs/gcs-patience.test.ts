import { StorageError } from '../errors.ts';
import type { RetryReason } from '../retry-reason.ts';
import { GcsRefusal, toSignInError, toStorageError } from './gcs-faults.ts';
import { persevere, usualPatience } from './gcs-patience.ts';

/** Work that always fails with `error`, and a clock that only waiting moves: how often it was tried, and what was told. */
async function failFor(error: Error) {
  let now = 0;
  let tries = 0;
  const reasons: RetryReason[] = [];
  const patience = {
    ...usualPatience,
    now: () => now,
    wait: (ms: number) => Promise.resolve((now += ms)),
    onRetry: (reason: RetryReason) => reasons.push(reason),
  };
  const work = () => {
    tries += 1;
    return Promise.reject(error);
  };
  await expect(persevere(patience, work)).rejects.toBe(error);
  return { tries, reasons };
}

const refusal = (status: number, reason = 'backendError') =>
  new GcsRefusal(status, undefined, { error: { message: 'no', errors: [{ reason }] } });
const ofRequest = (cause: unknown) =>
  toStorageError({ name: 'storage.objects.get', bucket: 'exports' }, cause);
const cut = Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
const noTokens = Object.assign(new Error('busy'), { status: 503, response: { status: 503 } });

test.each<[string, StorageError, RetryReason]>([
  ['429', ofRequest(refusal(429)), 'throttled'],
  ['a rate limit told by 403', ofRequest(refusal(403, 'userRateLimitExceeded')), 'throttled'],
  ['503', ofRequest(refusal(503)), 'unavailable'],
  ['a token server that is away', toSignInError('exports', noTokens), 'unavailable'],
  ['bytes that were not kept', new StorageError('unavailable', 'not kept'), 'unavailable'],
  ['a connection that was cut', ofRequest(cut), 'connection'],
])('each further try after %s is told of', async (_, fault, reason) => {
  const { tries, reasons } = await failFor(fault);
  expect(tries).toBeGreaterThan(3);
  expect(reasons).toEqual(Array.from({ length: tries - 1 }, () => reason));
});

test.each([
  ['forbidden', ofRequest(refusal(403, 'forbidden'))],
  ['a fault of ours', new TypeError('no')],
])('after what does not pass (%s) there is no further try', async (_, error) =>
  expect(await failFor(error)).toEqual({ tries: 1, reasons: [] }),
);
