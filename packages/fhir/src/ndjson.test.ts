import fc from 'fast-check';
import { readNdjson } from './ndjson.ts';

async function read(chunks: (string | Buffer)[], maxLineBytes?: number) {
  const lines: [number, string][] = [];
  const options = maxLineBytes === undefined ? {} : { maxLineBytes };
  for await (const line of readNdjson(
    chunks.map((chunk) => Buffer.from(chunk)),
    options,
  )) {
    lines.push([line.line, 'problem' in line ? line.problem : line.bytes.toString()]);
  }
  return lines;
}

test.each<[string, string[], [number, string][]]>([
  ['nothing', [], []],
  ['empty chunks', ['', ''], []],
  [
    'a last line without newline',
    ['a\nb'],
    [
      [1, 'a'],
      [2, 'b'],
    ],
  ],
  [
    'a last line with newline',
    ['a\nb\n'],
    [
      [1, 'a'],
      [2, 'b'],
    ],
  ],
  [
    'CR LF',
    ['a\r\nb\r\n'],
    [
      [1, 'a'],
      [2, 'b'],
    ],
  ],
  [
    'CR LF cut between two chunks',
    ['a\r', '\nb\r'],
    [
      [1, 'a'],
      [2, 'b'],
    ],
  ],
  [
    'blank lines, which count',
    ['\n \t\na\n\r\n\nb'],
    [
      [3, 'a'],
      [6, 'b'],
    ],
  ],
  [
    'a line over many chunks',
    ['a', 'b', 'c\nd', 'e'],
    [
      [1, 'abc'],
      [2, 'de'],
    ],
  ],
  [
    'a byte order mark',
    ['\u{feff}a\n\u{feff}b'],
    [
      [1, 'a'],
      [2, '\u{feff}b'],
    ],
  ],
  ['only a byte order mark', ['\u{feff}'], []],
])('lines are split: %s', async (_what, chunks, expected) => {
  expect(await read(chunks)).toEqual(expected);
});

test('a byte order mark cut between chunks is dropped', async () => {
  const bytes = Buffer.from('\u{feff}a');
  expect(await read([bytes.subarray(0, 1), bytes.subarray(1)])).toEqual([[1, 'a']]);
});

test.each([
  ['in one chunk', ['ok\n123456789\nok\n']],
  ['over chunks', ['ok\n1234', '56789', '0123\no', 'k\n']],
  ['at the limit and beyond it', ['ok\n12345\r\nok']],
])('a line that is too long is reported and skipped: %s', async (_what, chunks) => {
  expect(await read(chunks, 4)).toEqual([
    [1, 'ok'],
    [2, 'line-too-long'],
    [3, 'ok'],
  ]);
});

test('a line of exactly the greatest length passes, a carriage return not counted', async () => {
  expect(await read(['\u{feff}1234\r\n', '1234\r\n', '1234'], 4)).toEqual([
    [1, '1234'],
    [2, '1234'],
    [3, '1234'],
  ]);
});

test('a last line that is too long is reported', async () => {
  expect(await read(['12345678', '9'], 4)).toEqual([[1, 'line-too-long']]);
});

test('an error of the source comes after the whole lines before it', async () => {
  function* failing() {
    yield Buffer.from('a\nb\nhal');
    throw new Error('cut off');
  }
  const seen: number[] = [];
  const reading = async () => {
    for await (const { line } of readNdjson(failing())) {
      seen.push(line);
    }
  };
  await expect(reading()).rejects.toThrow('cut off');
  expect(seen).toEqual([1, 2]);
});

test('where the chunks are cut does not matter', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', '\n', '\r', 'é') });
  await fc.assert(
    fc.asyncProperty(text, fc.array(fc.nat({ max: 30 })), async (whole, cuts) => {
      const bytes = Buffer.from(whole);
      const positions = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b)];
      const chunks = positions.map((from, index) => bytes.subarray(from, positions[index + 1]));
      const expected = whole
        .split('\n')
        .map((line, index) => [index + 1, line.replace(/\r$/, '')])
        .filter(([, line]) => !/^\r*$/.test(String(line)));
      expect(await read(chunks)).toEqual(expected);
    }),
  );
});
