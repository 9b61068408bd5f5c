import { PassThrough } from 'node:stream';
import { transports } from 'winston';
import { createLogger } from './logger.ts';
import { RepeatedLog } from './repeated-log.ts';

describe('faults that repeat', () => {
  let lines: Record<string, unknown>[];
  let repeated: RepeatedLog;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    lines = [];
    const stream = new PassThrough();
    stream.on('data', (line: Buffer) => lines.push(JSON.parse(line.toString()) as object as never));
    const log = createLogger('test', 'info');
    log.clear().add(new transports.Stream({ stream }));
    repeated = new RepeatedLog(log);
  });
  afterEach(() => jest.useRealTimers());

  const written = async () => {
    await new Promise((done) => setImmediate(done));
    return lines.map(({ message, error, repeated: count }) => [message, error, count]);
  };

  test('are one line at once, and then one for every ten seconds with their count and the last of them', async () => {
    for (let n = 1; n <= 500; n += 1) repeated.warn('queue fault', new Error(`OOM ${n}`));
    expect(await written()).toEqual([['queue fault', 'OOM 1', undefined]]);
    jest.advanceTimersByTime(10_000);
    repeated.warn('queue fault', new Error('OOM 501'));
    jest.advanceTimersByTime(10_000);
    expect(await written()).toEqual([
      ['queue fault', 'OOM 1', undefined],
      ['queue fault', 'OOM 500', 499],
      ['queue fault', 'OOM 501', 1],
    ]);
  });

  test('are news again once they have ceased for ten seconds', async () => {
    repeated.warn('queue fault', new Error('OOM 1'));
    jest.advanceTimersByTime(10_000);
    repeated.warn('queue fault', new Error('OOM 2'));
    expect(await written()).toEqual([
      ['queue fault', 'OOM 1', undefined],
      ['queue fault', 'OOM 2', undefined],
    ]);
  });

  test('of another kind are not counted among them', async () => {
    repeated.warn('queue fault', new Error('OOM command not allowed'), { queue: 'plan' });
    repeated.warn('queue fault', new Error("READONLY You can't write"), { queue: 'plan' });
    repeated.warn('queue fault', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
    repeated.warn('progress could not be published', new Error('OOM command not allowed'));
    expect(await written()).toHaveLength(4);
    expect(lines[0]).toMatchObject({ level: 'warn', queue: 'plan' });
  });
});
