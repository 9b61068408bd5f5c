import fc from 'fast-check';
import { blockPool, CopyBlocks, type FileLimits } from './copy-blocks.ts';

const unlimited: FileLimits = { maxFileBytes: Infinity, maxResourcesPerFile: Infinity };

interface File {
  text: string;
  lines: number;
  blocks: number[];
}

/** Feeds an answer in pieces of the given sizes and gathers the files that come out. */
function collect(answer: Buffer, sizes: number[], limits = unlimited, blockBytes = 64) {
  const files: File[] = [];
  let open: File = { text: '', lines: 0, blocks: [] };
  const pool = blockPool(blockBytes, 4);
  const blocks = new CopyBlocks(limits, pool, (block) => {
    open.text += block.bytes.toString('latin1');
    open.lines += block.lines;
    open.blocks.push(block.bytes.length);
    if (block.endsFile) {
      files.push(open);
      open = { text: '', lines: 0, blocks: [] };
    }
    block.bytes.fill(0x21);
    pool.give(block.bytes);
  });
  for (let at = 0, i = 0; at < answer.length; i += 1) {
    const wanted = sizes[i % sizes.length] ?? 1;
    const length = answer.copy(blocks.space(), 0, at, Math.min(at + wanted, answer.length));
    blocks.advance(length);
    at += length;
  }
  blocks.finish();
  return { files, rows: blocks.rows, rest: blocks.rest };
}

/** What Postgres sends for these rows; `perMessage` cuts the COPY stream into CopyData messages. */
function answerOf(rows: string[], cuts: number[] = []): Buffer {
  const header = Buffer.concat([Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'), Buffer.alloc(8)]);
  const tuples = rows.map((row) => {
    const body = Buffer.from(row, 'latin1');
    const head = Buffer.alloc(6);
    head.writeInt16BE(1, 0);
    head.writeInt32BE(body.length, 2);
    return Buffer.concat([head, body]);
  });
  const trailer = Buffer.from([0xff, 0xff]);
  const [first, ...others] = tuples;
  const whole = first ? [Buffer.concat([header, first]), ...others, trailer] : [header, trailer];
  const pieces = cuts.length === 0 ? whole : cut(Buffer.concat(whole), cuts);
  return Buffer.concat([
    message('H', Buffer.from([1, 0, 1, 0, 1])),
    ...pieces.map((piece) => message('d', piece)),
    message('N', Buffer.from('a notice\0')),
    message('c', Buffer.alloc(0)),
    message('C', Buffer.from(`COPY ${rows.length}\0`)),
  ]);
}

function cut(bytes: Buffer, sizes: number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = sizes[i % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function message(code: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(code, 0, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const row = fc.string({ unit: fc.constantFrom('a', '"', '\u00ff', '{', '\u0001'), maxLength: 200 });
const sizes = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 6 });

test('any rows in any pieces come out as the same lines, in blocks of the same size', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), sizes, fc.option(sizes), (rows, pieces, cuts) => {
      const { files, rows: seen } = collect(answerOf(rows, cuts ?? []), pieces);
      expect(files.map((file) => file.text).join('')).toBe(rows.map((r) => `${r}\n`).join(''));
      expect(seen).toBe(rows.length);
      expect(files.reduce((sum, file) => sum + file.lines, 0)).toBe(rows.length);
      for (const { blocks } of files) {
        expect(blocks.slice(0, -1).every((length) => length === 64)).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});

test('files roll before the resource that would not fit, wherever blocks end', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 40 }), sizes, (rows, pieces) => {
      const limits = { maxFileBytes: 300, maxResourcesPerFile: 5 };
      const { files } = collect(answerOf(rows), pieces, limits);
      const expected: string[] = [];
      let open: string[] = [];
      for (const text of rows) {
        const bytes = open.reduce((sum, r) => sum + r.length + 1, 0);
        if (open.length === 5 || (open.length > 0 && bytes + text.length + 1 > 300)) {
          expected.push(open.map((r) => `${r}\n`).join(''));
          open = [];
        }
        open.push(text);
      }
      if (open.length > 0) expected.push(open.map((r) => `${r}\n`).join(''));
      expect(files.map((file) => file.text)).toEqual(expected);
    }),
    { numRuns: 300 },
  );
});

test('what follows CopyDone is kept for the ordinary parser', () => {
  expect(collect(answerOf(['x']), [1000]).rest?.toString('latin1')).toContain('COPY 1');
});

test('a stream without its trailer is an error', () => {
  const whole = answerOf(['x', 'y']);
  expect(() => collect(whole.subarray(0, 40), [7])).toThrow('before its trailer');
});

test('an error message stops the rows and is kept for the ordinary parser', () => {
  const blocks = new CopyBlocks(unlimited, blockPool(64, 4), () => undefined);
  const answer = Buffer.concat([answerOf([]).subarray(0, 10), message('E', Buffer.from('boom\0'))]);
  blocks.advance(answer.copy(blocks.space()));
  expect(blocks.rest?.toString('latin1')).toContain('boom');
});
