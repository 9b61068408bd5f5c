import type { FileLimits } from '@sluice/postgres';
import fc from 'fast-check';
import { BufferPool } from '@sluice/runtime';
import { FileCutter } from './file-cutter.ts';

const blockBytes = 16;
const pool = new BufferPool(blockBytes, 1);

/** Blocks of each file, for lines that come in batches of the given sizes. */
function cut(texts: readonly string[], limits: FileLimits, batches: readonly number[]) {
  const cutter = new FileCutter(limits, pool, blockBytes);
  const files: { text: string; lines: number }[][] = [[]];
  const take = (blocks: ReturnType<FileCutter['finish']>) => {
    for (const { bytes, lines, endsFile } of blocks) {
      files.at(-1)?.push({ text: bytes.toString('latin1'), lines });
      bytes.fill(0x21);
      if (endsFile) files.push([]);
    }
  };
  for (let at = 0, i = 0; at < texts.length; i += 1) {
    const batch = texts.slice(at, at + (batches[i % batches.length] ?? 1));
    take(cutter.add(Buffer.from(batch.map((text) => `${text}\n`).join(''), 'latin1')));
    at += batch.length;
  }
  take(cutter.finish());
  expect(files.pop()).toEqual([]);
  return files;
}

/** The files that the limits make, by the rule. */
function filesOf(texts: readonly string[], { maxFileBytes, maxResourcesPerFile }: FileLimits) {
  const files: string[][] = [];
  for (const text of texts) {
    const file = files.at(-1);
    const bytes = (file ?? []).reduce((sum, each) => sum + each.length + 1, 0);
    const fits =
      file && file.length < maxResourcesPerFile && bytes + text.length + 1 <= maxFileBytes;
    if (fits) file.push(text);
    else files.push([text]);
  }
  return files.map((file) => file.map((text) => `${text}\n`).join(''));
}

const text = fc
  .string({ unit: 'binary-ascii', maxLength: 60 })
  .map((characters) => characters.replaceAll('\n', ' '));
const texts = fc.array(text, { maxLength: 40 });
const limits = fc.record({
  maxFileBytes: fc.constantFrom(1, 30, 64, Infinity),
  maxResourcesPerFile: fc.constantFrom(1, 3, Infinity),
});
const batches = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });

test('files hold the lines that the limits allow, in order', () => {
  fc.assert(
    fc.property(texts, limits, batches, (lines, limit, sizes) => {
      const files = cut(lines, limit, sizes);
      expect(files.map((blocks) => blocks.map(({ text }) => text).join(''))).toEqual(
        filesOf(lines, limit),
      );
      const counted = files.flat().reduce((sum, block) => sum + block.lines, 0);
      expect(counted).toBe(lines.length);
    }),
  );
});

test('all blocks but a file’s last are full, the last is not empty, and batches make no difference', () => {
  fc.assert(
    fc.property(texts, limits, batches, batches, (lines, limit, sizes, others) => {
      const files = cut(lines, limit, sizes);
      for (const blocks of files) {
        const lengths = blocks.map(({ text }) => text.length);
        expect(lengths.slice(0, -1).every((length) => length === blockBytes)).toBe(true);
        expect(lengths.at(-1)).toBeGreaterThan(0);
      }
      expect(cut(lines, limit, others)).toEqual(files);
    }),
  );
});

test('without a line there is no file', () => {
  expect(cut([], { maxFileBytes: Infinity, maxResourcesPerFile: Infinity }, [1])).toEqual([]);
});
