import { attemptOfBlock, blockId, newUpload } from './staged-blocks.ts';

test('a block tells the attempt of its upload', () => {
  const upload = newUpload(70_000);
  expect(attemptOfBlock(blockId(upload, 0))).toBe(70_000);
  expect(attemptOfBlock(blockId(upload, 49_999))).toBe(70_000);
});

test('ids are of one length, and different for every block and every upload', () => {
  const ids = [newUpload(1), newUpload(1), newUpload(2 ** 31)].flatMap((upload) => [
    blockId(upload, 0),
    blockId(upload, 49_999),
  ]);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(ids.map((id) => id.length))).toEqual(new Set([44]));
});

test.each(['', 'MDAwMDAwMDE=', 'AAAA', '//////////////////////////////////////////8='])(
  'a block that is none of ours is of attempt 0: %j',
  (name) => expect(attemptOfBlock(name)).toBe(0),
);
