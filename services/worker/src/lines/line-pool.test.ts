import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createLinePool, type LinePool } from './line-pool.ts';
import type { LineWork } from './line-work.ts';

const base: LineWork = {
  type: 'Basic',
  baseUrl: 'https://example.org/fhir',
  now: '2026-01-01T00:00:00.000000Z',
  reportIds: true,
};
const work: LineWork = { ...base, elements: ['id'] };
const resource = (id: string, more = '') =>
  `{"resourceType":"Basic","id":"${id}","meta":{}${more}}\n`;
const subset = (id: string) =>
  resource(id).replace(
    '{}',
    '{"tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]}',
  );

let pool: LinePool;
beforeAll(() => {
  pool = createLinePool({ threads: 2 });
});
afterAll(() => pool.close());

async function run(lines: string, of = work, on = pool) {
  const started = await on.start(of, [Buffer.from(lines)]);
  const { release, ...result } = await started.result;
  const text = result.lines.toString();
  release();
  return { ...result, lines: text, faults: result.faults.toString() };
}

test('lines come back worked on, with their ids, whatever pieces they were given in', async () => {
  const lines = Buffer.from(resource('a', ',"author":{}') + resource('b'));
  const started = await pool.start(work, [lines.subarray(0, 7), lines.subarray(7)]);
  lines.fill(0x21);
  const result = await started.result;
  expect(result.lines.toString()).toBe(subset('a') + subset('b'));
  expect(result.ids).toEqual(['a', 'b']);
  result.release();
});

test('lines that the filters leave out are counted', async () => {
  const filtered: LineWork = { ...base, filters: [['_id=b']] };
  const result = await run(resource('a') + resource('b') + resource('c'), filtered);
  expect(result).toMatchObject({ lines: resource('b'), leftOut: 2, ids: ['b'], faults: '' });
});

test('a line at fault is left out and told of, and nothing of it is quoted', async () => {
  const result = await run(`${resource('a')}{"id":"x","secret"\n${resource('b')}`);
  expect(result).toMatchObject({ lines: subset('a') + subset('b'), leftOut: 1, ids: ['a', 'b'] });
  expect(result.faults).toMatch(/^{"resourceType":"OperationOutcome".*}\n$/);
  expect(result.faults).not.toContain('secret');
});

test('what is larger than the memory it came in comes back whole', async () => {
  const lines = resource('a').repeat(50_000);
  expect((await run(lines)).lines).toBe(subset('a').repeat(50_000));
});

test('what was answered is held by nobody but the caller', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const answered = await Promise.all(
    [1, 2, 3].map(async (n) => new WeakRef((await run(resource(`i${n}`))).ids)),
  );
  await run(resource('a'));
  await run(resource('a'));
  collectGarbage();
  expect(answered.map((ids) => ids.deref())).toEqual([undefined, undefined, undefined]);
});

test('lines wait for a thread before anything is done with them', async () => {
  const own = createLinePool({ threads: 1 });
  const first = await own.start(work, [Buffer.from(resource('a').repeat(20_000))]);
  const lines = Buffer.from(resource('b'));
  const second = own.start(work, [lines]);
  lines.write('"c"', lines.indexOf('"b"'));
  (await first.result).release();
  expect((await (await second).result).ids).toEqual(['c']);
  await own.close();
});

test('many at once, of different works, are not mixed up', async () => {
  const jobs = Array.from({ length: 60 }, (_, n) => n);
  const results = await Promise.all(
    jobs.map((n) =>
      run(resource(`i${n}`).repeat(n + 1), n % 3 ? work : { ...work, baseUrl: `https://${n}` }),
    ),
  );
  results.forEach(({ lines }, n) => expect(lines).toBe(subset(`i${n}`).repeat(n + 1)));
});

test('a work that cannot be done is rejected, and the thread goes on', async () => {
  const own = createLinePool({ threads: 1 });
  await expect(run(resource('a'), { ...work, filters: [['nonsense=1']] }, own)).rejects.toThrow(
    /cannot be worked on.*nonsense/,
  );
  expect((await run(resource('a'), work, own)).lines).toBe(subset('a'));
  await own.close();
});

test('a thread that runs out of memory fails what it works on, and is replaced', async () => {
  const own = createLinePool({ threads: 1, heapMb: 32 });
  const filtered: LineWork = { ...base, filters: [['_id=a']] };
  const large = resource('a', `,"extension":[${'{"url":"u"},'.repeat(2_000_000)}{}]`);
  await expect(run(large, filtered, own)).rejects.toThrow(/memory/);
  expect((await run(resource('a'), work, own)).lines).toBe(subset('a'));
  await own.close();
});

test('a closed pool rejects what it works on and what waits, and can be used again', async () => {
  const own = createLinePool({ threads: 1 });
  await run(resource('a'), work, own);
  const jobs = [0, 1].map(() => run(resource('a').repeat(20_000), work, own));
  const [first] = await Promise.allSettled([...jobs, own.close()]);
  expect(first).toMatchObject({ status: 'rejected' });
  expect((await run(resource('a'), work, own)).lines).toBe(subset('a'));
  await own.close();
});
