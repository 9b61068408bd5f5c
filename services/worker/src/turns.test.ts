import fc from 'fast-check';
import { Turns } from './turns.ts';

const never = new AbortController().signal;

/** Work that lasts until it is told to end. */
function held(turns: Turns, kind: 'share' | 'alone', signal = never) {
  let end = (): void => undefined;
  const state = { hasStarted: false };
  const over = turns.take(kind, signal, async () => {
    state.hasStarted = true;
    await new Promise<void>((resolve) => (end = resolve));
  });
  return { state, over, end: () => end() };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('work that shares runs side by side, work that is alone waits for it, and others for that', async () => {
  const turns = new Turns();
  const [a, b] = [held(turns, 'share'), held(turns, 'share')];
  const suspect = held(turns, 'alone');
  const late = held(turns, 'share');
  await settle();
  const started = (): boolean[] => [a, b, suspect, late].map(({ state }) => state.hasStarted);
  expect(started()).toEqual([true, true, false, false]);
  a.end();
  await settle();
  expect(started()).toEqual([true, true, false, false]);
  b.end();
  await settle();
  expect(started()).toEqual([true, true, true, false]);
  suspect.end();
  await settle();
  expect(started()).toEqual([true, true, true, true]);
  late.end();
  await Promise.all([a, b, suspect, late].map(({ over }) => over));
});

test('who leaves while it waits holds up nobody', async () => {
  const turns = new Turns();
  const first = held(turns, 'share');
  const leaving = new AbortController();
  const suspect = held(turns, 'alone', leaving.signal);
  const late = held(turns, 'share');
  await settle();
  leaving.abort(new Error('cancelled'));
  await expect(suspect.over).rejects.toThrow('cancelled');
  await settle();
  expect(late.state.hasStarted).toBe(true);
  first.end();
  late.end();
  await Promise.all([first.over, late.over]);
});

test('whatever comes, nobody is beside one that is alone, and everybody has a turn', async () => {
  const job = fc.record({
    kind: fc.constantFrom('share' as const, 'share' as const, 'alone' as const),
    steps: fc.integer({ min: 0, max: 4 }),
    fails: fc.boolean(),
    leaves: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(job, { maxLength: 20 }), async (jobs) => {
      const turns = new Turns();
      const now = { share: 0, alone: 0 };
      const results = await Promise.allSettled(
        jobs.map(async ({ kind, steps, fails, leaves }) => {
          const controller = new AbortController();
          const over = turns.take(kind, controller.signal, async () => {
            now[kind] += 1;
            for (let n = 0; n < steps; n += 1) {
              expect(now.alone === 0 || (now.alone === 1 && now.share === 0)).toBe(true);
              await settle();
            }
            now[kind] -= 1;
            if (fails) throw new Error('failed');
            return 'done';
          });
          if (leaves) controller.abort(new Error('left'));
          return await over;
        }),
      );
      expect(now).toEqual({ share: 0, alone: 0 });
      results.forEach((result, n) => {
        const reason = result.status === 'rejected' ? String(result.reason) : result.value;
        const asked = jobs[n];
        const ends = [asked?.fails ? 'Error: failed' : 'done'];
        expect(asked?.leaves ? [...ends, 'Error: left'] : ends).toContain(reason);
      });
    }),
  );
});
