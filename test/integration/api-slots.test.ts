import { Redis } from 'ioredis';
import { ApiStack, ask, begin, end, kickOffHeaders, outcomeOf, verdict } from './api-client.ts';

let stack: ApiStack;
let redis: Redis;

beforeEach(async () => {
  stack = await ApiStack.create();
  redis = new Redis(stack.env['REDIS_URL'] ?? '');
});
afterEach(async () => {
  redis.disconnect();
  await stack.drop();
});

const kickOff = (base: string) => ask(`${base}/$export`, { headers: kickOffHeaders });
const keysOf = async (pattern: string) =>
  await redis.keys(`${stack.env['REDIS_PREFIX']}:${pattern}`);

test('a second kick-off answers 429 with Retry-After, and since when the first is active', async () => {
  const base = await stack.start();
  const before = Date.now();
  const first = await begin(base);
  const answer = await kickOff(base);
  expect(verdict(answer)).toBe('429 throttled');
  const retryAfter = Number(answer.headers['retry-after']);
  expect(retryAfter).toBeGreaterThanOrEqual(1);
  expect(retryAfter).toBeLessThanOrEqual(10);
  const text = outcomeOf(answer).issue[0]?.details.text ?? '';
  const since = Date.parse(/since (\S+Z)/.exec(text)?.[1] ?? '');
  expect(Math.abs(since - before)).toBeLessThan(60_000);
  expect(text).not.toContain(first.split('/').at(-1));
});

test('of many kick-offs at once on several processes exactly one is accepted', async () => {
  const bases = [await stack.start(), await stack.start()];
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => kickOff(bases[n % 2] ?? '')),
  );
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(19);
  expect(await stack.countExports()).toBe(1);
});

test('DELETE frees the slot at once', async () => {
  const base = await stack.start();
  for (let round = 0; round < 10; round += 1) await end(await begin(base));
});

test('EXPORT_SLOTS exports are active at once, and no more', async () => {
  const base = await stack.start({ EXPORT_SLOTS: '3' });
  const answers = await Promise.all(Array.from({ length: 8 }, () => kickOff(base)));
  const accepted = answers.filter(({ status }) => status === 202);
  expect(accepted).toHaveLength(3);
  await end(accepted[1]?.headers['content-location'] ?? '');
  await begin(base);
  expect(verdict(await kickOff(base))).toBe('429 throttled');
});

test('with EXPORT_SLOT_SCOPE=client the slots are the client’s own', async () => {
  const own = await stack.start({ EXPORT_SLOT_SCOPE: 'client' });
  const shared = await stack.start();
  await begin(own);
  await begin(shared);
  expect(verdict(await kickOff(own))).toBe('429 throttled');
  expect(await keysOf('slot:*')).toHaveLength(2);
});

test('with ON_BUSY=queue a kick-off waits, visibly, and only so many do', async () => {
  const base = await stack.start({ ON_BUSY: 'queue', MAX_WAITING_EXPORTS: '2' });
  await begin(base);
  const second = await begin(base);
  await begin(base);
  expect(verdict(await kickOff(base))).toBe('429 throttled');
  const status = await ask(second);
  expect([status.status, status.headers['x-progress']]).toEqual([
    202,
    '0% queued, waiting for a free slot',
  ]);
  await end(second);
  await begin(base);
});

test('with ON_BUSY=queue a newcomer does not overtake who waits', async () => {
  const base = await stack.start({ ON_BUSY: 'queue' });
  const first = await begin(base);
  await begin(base);
  await end(first);
  const third = await begin(base);
  expect((await ask(third)).headers['x-progress']).toBe('0% queued, waiting for a free slot');
});

test('a lock whose export is over is taken over', async () => {
  const base = await stack.start();
  await begin(base);
  await stack.failAll();
  const answers = await Promise.all(Array.from({ length: 5 }, () => kickOff(base)));
  expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
});

test('a lock whose export never came to be is taken over, but not at once', async () => {
  const base = await stack.start();
  await end(await begin(base));
  const ghost = '99999999-9999-4999-8999-999999999999';
  const key = `${stack.env['REDIS_PREFIX']}:slot:system/0`;
  await redis.set(key, `${ghost} ${new Date().toISOString()}`);
  expect(verdict(await kickOff(base))).toBe('429 throttled');
  await redis.set(key, `${ghost} ${new Date(Date.now() - 6000).toISOString()}`);
  await begin(base);
});

test('when Redis has forgotten everything, Postgres still refuses, and the lock is mended', async () => {
  const base = await stack.start();
  const id = (await begin(base)).split('/').at(-1) ?? '';
  await redis.del(...(await keysOf('*')));
  const answers = await Promise.all(Array.from({ length: 5 }, () => kickOff(base)));
  expect(answers.map(verdict)).toEqual(Array<string>(5).fill('429 throttled'));
  expect(await redis.get(`${stack.env['REDIS_PREFIX']}:slot:system/0`)).toContain(id);
  expect(await stack.countExports()).toBe(1);
});

test('the plan is enqueued once, under the name of the export', async () => {
  const base = await stack.start();
  const id = (await begin(base)).split('/').at(-1) ?? '';
  expect(await keysOf(`*plan-${id}`)).toHaveLength(1);
  await end(`${base}/$export-status/${id}`);
});
