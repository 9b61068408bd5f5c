import { ApiStack, ask, begin, end, outcomeOf, verdict, type Answer } from './api-client.ts';

let stack: ApiStack;
let base: string;

beforeAll(async () => {
  stack = await ApiStack.create();
  base = await stack.start({ EXPORT_SLOTS: '20' });
});
afterAll(() => stack.drop());

const idOf = (url: string) => url.split('/').at(-1) ?? '';
const setState = (url: string, changes: string) =>
  stack.database.pool.query(`update sluice.exports set ${changes} where id = $1`, [idOf(url)]);

/** What two answers must have in common to be the same to a client. */
function seen({ status, headers, text }: Answer): object {
  return { status, text, headers: { ...headers, date: '', 'x-request-id': '' } };
}

test('an export that was accepted is scheduled: 202, progress, a short Retry-After, no body', async () => {
  const url = await begin(base);
  const answer = await ask(url);
  expect([answer.status, answer.text]).toEqual([202, '']);
  expect(answer.headers).toMatchObject({
    'x-progress': '0% scheduled',
    'retry-after': '1',
    'cache-control': 'no-store',
  });
});

test.each(['application/json', 'application/fhir+json', '*/*', 'text/html'])(
  'a poll with Accept: %s is answered',
  async (accept) => {
    const url = await begin(base);
    expect((await ask(url, { headers: { accept } })).status).toBe(202);
    await end(url);
  },
);

test('HEAD answers as GET does, without a body', async () => {
  const url = await begin(base);
  const answer = await ask(url, { method: 'HEAD' });
  expect([answer.status, answer.headers['x-progress']]).toEqual([202, '0% scheduled']);
});

test('a running export tells how far it is', async () => {
  const url = await begin(base);
  await setState(url, `state = 'running', parts_total = 4, parts_completed = 1`);
  expect((await ask(url)).headers['x-progress']).toBe('25% complete, 1 of 4 parts');
  await end(url);
});

test('a failed export answers its cause on every poll, until it is deleted', async () => {
  const url = await begin(base);
  await setState(
    url,
    `state = 'failed', failure = '{"severity":"error","code":"timeout","text":"No progress for 10 minutes."}'`,
  );
  for (let poll = 0; poll < 3; poll += 1) {
    const answer = await ask(url);
    expect(verdict(answer)).toBe('500 timeout');
    expect(outcomeOf(answer).issue[0]?.details.text).toBe('No progress for 10 minutes.');
  }
  await end(url);
  expect(verdict(await ask(url))).toBe('404 not-found');
});

test('unknown, malformed, cancelled and expired exports are all the same to a client', async () => {
  const cancelled = await begin(base);
  await end(cancelled);
  const expired = await begin(base);
  await setState(expired, `state = 'expired'`);
  const over = await begin(base);
  await setState(over, `state = 'completed', expires_at = now() - interval '1 second'`);
  const foreign = await begin(base);
  await setState(foreign, `subject = 'somebody else'`);
  const unknown = await ask(`${base}/$export-status/11111111-1111-4111-8111-111111111111`);
  expect(verdict(unknown)).toBe('404 not-found');
  const addresses = [
    cancelled,
    expired,
    over,
    foreign,
    `${base}/$export-status/x`,
    `${base}/$export-status/%00`,
  ];
  for (const address of addresses) {
    expect(seen(await ask(address))).toEqual(seen(unknown));
    expect(seen(await ask(address, { method: 'DELETE' }))).toEqual(seen(unknown));
  }
});

test('DELETE answers 202 without a body, once', async () => {
  const url = await begin(base);
  const headers = { accept: 'application/json' };
  const first = await ask(url, { method: 'DELETE', headers });
  expect([first.status, first.text]).toEqual([202, '']);
  expect(verdict(await ask(url, { method: 'DELETE', headers }))).toBe('404 not-found');
  expect(verdict(await ask(url))).toBe('404 not-found');
});

test('of several DELETEs at once one is answered 202', async () => {
  const url = await begin(base);
  const answers = await Promise.all(
    Array.from({ length: 5 }, () => ask(url, { method: 'DELETE' })),
  );
  expect(answers.map(({ status }) => status).sort()).toEqual([202, 404, 404, 404, 404]);
});

test('polling too fast is answered 429 with Retry-After: 1, and hurts nothing else', async () => {
  const url = await begin(base);
  const other = await begin(base);
  const polls = await Promise.all(Array.from({ length: 60 }, () => ask(url)));
  const refused = polls.filter(({ status }) => status === 429);
  expect(polls.length - refused.length).toBeGreaterThanOrEqual(20);
  expect(refused.length).toBeGreaterThan(0);
  for (const answer of refused) {
    expect(verdict(answer)).toBe('429 throttled');
    expect(answer.headers['retry-after']).toBe('1');
  }
  expect((await ask(url, { localAddress: '127.0.0.2' })).status).toBe(202);
  expect((await ask(other)).status).toBe(202);
  await end(url);
  await end(other);
});

test('a poll that comes too soon reads no export', async () => {
  const url = await begin(base);
  const { pool } = stack.database;
  const client = await pool.connect();
  try {
    await client.query('begin');
    await client.query('lock table sluice.exports in access exclusive mode');
    const polls = Array.from({ length: 60 }, () => ask(url));
    const refused = polls.map(async (poll) => {
      expect((await poll).status).toBe(429);
    });
    // What may read the export waits for the lock; the others have their answer all the same.
    await Promise.any(refused);
    await client.query('rollback');
    const statuses = new Set((await Promise.all(polls)).map(({ status }) => status));
    expect([...statuses].sort()).toEqual([202, 429]);
  } finally {
    client.release();
  }
  await end(url);
});

test('wrong methods are answered 405 with what is possible', async () => {
  const answer = await ask(`${base}/$export-status/x`, { method: 'POST' });
  expect([verdict(answer), answer.headers.allow]).toEqual([
    '405 not-supported',
    'GET, HEAD, DELETE',
  ]);
});
