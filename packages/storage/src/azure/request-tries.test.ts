import { StorageError } from '../errors.ts';
import { delayAfter, retryAfterMs, tryRequest, usualLimits } from './request-tries.ts';

/** A request to a server that has something to say at any time, and a clock that only waiting moves. */
function serverThat(answer: (now: number) => Error | undefined) {
  let now = 0;
  const askedAt: number[] = [];
  const clock = {
    now: () => now,
    wait: (ms: number) => {
      now += ms;
      return Promise.resolve();
    },
  };
  const request = () => {
    askedAt.push(now);
    const error = answer(now);
    return error ? Promise.reject(error) : Promise.resolve('done');
  };
  const retried: StorageError[] = [];
  const onRetry = (fault: StorageError) => retried.push(fault);
  const toFault = (error: unknown) => error;
  const work = () => tryRequest(request, { limits: usualLimits, toFault, onRetry, clock });
  return { askedAt, retried, work };
}

const away = new StorageError('unavailable', 'busy');

function awayFor(seconds: string): Error {
  return Object.assign(new StorageError('unavailable', 'busy'), {
    response: { headers: new Map([['retry-after', seconds]]) },
  });
}

test('a storm of refusals of 20 s is outlasted', async () => {
  const { askedAt, retried, work } = serverThat((now) => (now < 20_000 ? away : undefined));
  expect(await work()).toBe('done');
  expect(askedAt.length).toBeLessThan(15);
  expect(retried).toEqual(askedAt.slice(1).map(() => away));
});

test('the server is not asked before the time it names', async () => {
  const { askedAt, work } = serverThat((now) => (now < 20_000 ? awayFor('20') : undefined));
  expect(await work()).toBe('done');
  expect(askedAt).toEqual([0, 20_000]);
});

test('a server that stays away, or that names a time too far off, is given up', async () => {
  const stays = serverThat(() => away);
  await expect(stays.work()).rejects.toBe(away);
  expect(stays.askedAt.at(-1)).toBeLessThanOrEqual(usualLimits.totalMs);
  expect(stays.retried).toHaveLength(stays.askedAt.length - 1);
  const tooFar = serverThat(() => awayFor('3600'));
  await expect(tooFar.work()).rejects.toMatchObject({ code: 'unavailable' });
  expect(tooFar.askedAt).toEqual([0]);
});

test.each([new StorageError('denied', 'no'), new TypeError('a fault of ours')])(
  'what does not pass is not tried again: %s',
  async (error) => {
    const { askedAt, retried, work } = serverThat(() => error);
    await expect(work()).rejects.toBe(error);
    expect(askedAt).toEqual([0]);
    expect(retried).toEqual([]);
  },
);

test('delays double up to a limit, and are spread over half of themselves', () => {
  const delays = [0, 1, 2, 9].map((failures) => [
    delayAfter(failures, usualLimits, 0),
    delayAfter(failures, usualLimits, 1),
  ]);
  expect(delays).toEqual([
    [100, 200],
    [200, 400],
    [400, 800],
    [4000, 8000],
  ]);
});

test.each([
  ['7', 7000],
  ['Thu, 01 Jan 1970 00:00:09 GMT', 9000],
  ['soon', 0],
  [undefined, 0],
])('Retry-After: %s asks for %i ms', (text, ms) => {
  const response = { headers: { get: () => text } };
  expect(retryAfterMs({ response }, 0)).toBe(ms);
});
