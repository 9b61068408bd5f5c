import type { FileLimits, LineBlock } from '@sluice/postgres';
import { BufferPool } from '@sluice/runtime';
import fc from 'fast-check';
import { type BlockSink, LinePipeline, type LinePipelineOptions } from './line-pipeline.ts';
import { createLinePool, type LinePool } from './line-pool.ts';
import type { LineWork } from './line-work.ts';

const unlimited: FileLimits = { maxFileBytes: Infinity, maxResourcesPerFile: Infinity };
const base: LineWork = {
  type: 'Basic',
  baseUrl: 'https://example.org/fhir',
  now: '2026-01-01T00:00:00.000000Z',
  reportIds: true,
};
const work: LineWork = { ...base, filters: [['_tag=in']] };
/** Those with a number divisible by 3 are left out, those by 7 are at fault. */
const row = (n: number): string => {
  const tag = `{"tag":[{"code":"${n % 3 === 0 ? 'out' : 'in'}"}]}`;
  const line = `{"resourceType":"Basic","id":"i${n}","meta":${tag},"code":{"text":"${'é'.repeat(n % 50)}"}}`;
  return `${n % 7 === 0 ? line.slice(0, -1) : line}\n`;
};
const rows = (count: number): string[] => Array.from({ length: count }, (_, n) => row(n));
const passes = (n: number): boolean => n % 3 !== 0 && n % 7 !== 0;

const blocks = new BufferPool(256, 2);
let pool: LinePool;
beforeAll(() => {
  pool = createLinePool({ threads: 2 });
});
afterAll(() => pool.close());

/** Keeps what is written, and uses the memory of the blocks as the next ones do. */
class Files implements BlockSink {
  readonly files: { text: string; lines: number }[][] = [[]];
  readonly faults: { text: string; lines: number }[][] = [[]];

  write(block: LineBlock): Promise<void> {
    return this.#keep(this.files, block);
  }

  writeFaults(block: LineBlock): Promise<void> {
    return this.#keep(this.faults, block);
  }

  #keep(files: Files['files'], { bytes, lines, endsFile }: LineBlock): Promise<void> {
    files.at(-1)?.push({ text: bytes.toString('latin1'), lines });
    if (endsFile) files.push([]);
    return Promise.resolve();
  }
}

const textOf = (files: Files['files']) =>
  Buffer.from(files.flatMap((file) => file.map(({ text }) => text)).join(''), 'latin1').toString();

async function send(
  text: string,
  cuts: readonly number[],
  options: Partial<LinePipelineOptions> = {},
) {
  const writer = new Files();
  const ids: string[] = [];
  const onIds = (more: readonly string[]) => Promise.resolve(void ids.push(...more));
  const usual = { pool, work, writer, limits: unlimited, onIds, blocks, blockBytes: 256 };
  const pipeline = new LinePipeline({ ...usual, ...options });
  const all = Buffer.from(text);
  for (let at = 0, i = 0; at < all.length; i += 1) {
    const bytes = Buffer.from(all.subarray(at, at + (cuts[i % cuts.length] ?? 1)));
    await pipeline.write({ bytes });
    at += bytes.length;
    bytes.fill(0x21);
  }
  await pipeline.finish();
  return { ...writer, ids, leftOut: pipeline.leftOut };
}

test('whatever blocks the lines came in, the same files come out, block by block', async () => {
  const limits = { maxFileBytes: 2000, maxResourcesPerFile: 9 };
  const text = rows(100).join('');
  const expected = await send(text, [text.length], { limits });
  const passing = rows(100).filter((_, n) => passes(n));
  expect(textOf(expected.files)).toBe(passing.join(''));
  expect(expected.leftOut).toBe(100 - passing.length);
  const cuts = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(cuts, async (sizes) => {
      expect(await send(text, sizes, { limits })).toEqual(expected);
    }),
    { numRuns: 60 },
  );
});

test('files keep to the limits, and those of faults as well', async () => {
  const limits = { maxFileBytes: Infinity, maxResourcesPerFile: 4 };
  const { files, faults } = await send(rows(100).join(''), [700], { limits });
  const counts = (of: Files['files']) =>
    of.slice(0, -1).map((file) => file.reduce((sum, { lines }) => sum + lines, 0));
  expect(counts(files)).toEqual(Array<number>(14).fill(4));
  expect(counts(faults)).toEqual([4, 4, 4, 3]);
});

test('each line at fault becomes one OperationOutcome that names it', async () => {
  const lines = ['{}', '1', '{}', '"x"'].map((meta, n) => `{"id":"i${n}","meta":${meta}}\n`);
  const changing: LineWork = { ...base, elements: ['id'] };
  const { faults, leftOut } = await send(lines.join(''), [20], { work: changing });
  const outcomes = textOf(faults).trimEnd().split('\n');
  expect(outcomes.map((outcome) => /Basic\/(i\d+) could not/.exec(outcome)?.[1])).toEqual([
    'i1',
    'i3',
  ]);
  expect(leftOut).toBe(2);
});

test('the ids of what is written are told, in order', async () => {
  const { ids } = await send(rows(40).join(''), [333]);
  expect(ids).toEqual(rows(40).flatMap((_, n) => (passes(n) ? [`i${n}`] : [])));
});

test('nothing passes: no file, and all is left out', async () => {
  const result = await send(row(3).repeat(20), [100]);
  expect(result).toMatchObject({ files: [[]], faults: [[]], ids: [], leftOut: 20 });
});

test('nothing comes: no file', async () => {
  expect(await send('', [1])).toMatchObject({ files: [[]], leftOut: 0 });
});

test('a line that never ends is an error', async () => {
  await expect(send(row(1) + row(2).trimEnd(), [50])).rejects.toThrow('no end');
});

/** With blocks so small that a few lines fill many. */
const pipelineTo = (writer: BlockSink) =>
  new LinePipeline({ pool, work, writer, limits: unlimited, blocks, blockBytes: 16 });

test('what cannot be written stops the pipeline, and is thrown again', async () => {
  const writer = new Files();
  let written = 0;
  writer.write = () => {
    written += 1;
    return Promise.reject(new Error('disk full'));
  };
  const pipeline = pipelineTo(writer);
  const bytes = Buffer.from(rows(50).join(''));
  const all = (async () => {
    for (;;) await pipeline.write({ bytes });
  })();
  await expect(all).rejects.toThrow('disk full');
  await expect(pipeline.write({ bytes })).rejects.toThrow('disk full');
  await expect(pipeline.finish()).rejects.toThrow('disk full');
  expect(written).toBe(1);
});

test('a thread that ends fails the pipeline instead of leaving it waiting', async () => {
  const own = createLinePool({ threads: 1 });
  const writer = new Files();
  const pipeline = new LinePipeline({ pool: own, work, writer, limits: unlimited, blocks });
  await pipeline.write({ bytes: Buffer.from(row(1)) });
  await own.close();
  await expect(pipeline.finish()).rejects.toThrow('the line thread ended');
});

test('no more is taken than is in flight while the writer has not written', async () => {
  const writer = new Files();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  const begun = new Promise<void>((resolve) => {
    writer.write = async () => {
      resolve();
      await held;
    };
  });
  const pipeline = pipelineTo(writer);
  const bytes = Buffer.from(rows(50).join(''));
  await pipeline.write({ bytes });
  let isTaken = false;
  const second = pipeline.write({ bytes }).then(() => (isTaken = true));
  await begun;
  // Everything that could go on by itself has gone on by now.
  const after = await pool.start(work, [bytes]);
  (await after.result).release();
  expect(isTaken).toBe(false);
  release();
  await second;
  await pipeline.finish();
});
