import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readTexts } from './read-texts.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-read-texts-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function read(name: string, content: string | Buffer, maxLineBytes?: number) {
  const path = join(folder, name);
  await writeFile(path, content);
  const texts: [number, string][] = [];
  for await (const text of readTexts(path, { maxLineBytes })) {
    const what =
      'bundle' in text
        ? text.bundle.type
        : 'problem' in text
          ? text.problem
          : text.bytes.toString();
    texts.push([text.line, what]);
  }
  return texts;
}

const lines = '{"a":1}\n{"a":2}\n';
const pretty = '{\n  "a": 1\n}\n';

test.each<[string, string | Buffer, [number, string][]]>([
  [
    'x.ndjson',
    lines,
    [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
    ],
  ],
  [
    'x.ndjson.gz',
    gzipSync(lines),
    [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
    ],
  ],
  [
    'misnamed.ndjson',
    gzipSync(lines),
    [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
    ],
  ],
  [
    'misnamed.ndjson.gz',
    lines,
    [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
    ],
  ],
  [
    'x.txt',
    lines,
    [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
    ],
  ],
  [
    'lines.json',
    lines,
    [
      [1, '{"a":1}'],
      [2, '{"a":2}'],
    ],
  ],
  [
    'bad-first-line.json',
    `{"a":\n${lines}`,
    [
      [1, '{"a":'],
      [2, '{"a":1}'],
      [3, '{"a":2}'],
    ],
  ],
  ['one-line.json', '{"a":1}', [[1, '{"a":1}']]],
  ['pretty.json', pretty, [[1, pretty]]],
  ['pretty.json.gz', gzipSync(pretty), [[1, pretty]]],
  ['pretty', `\u{feff}${pretty}`, [[1, pretty]]],
  ['pretty.ndjson', pretty, [[1, pretty]]],
  [
    'array.json',
    `[\n${lines.trim().replace('\n', ',\n')}\n]`,
    [
      [2, '{"a":1}'],
      [3, '{"a":2}'],
    ],
  ],
  ['bundle.json', '{"resourceType":"Bundle","type":"batch"}', [[1, 'batch']]],
  ['bundle.json.gz', gzipSync('{"resourceType":"Bundle","type":"batch"}\n'), [[1, 'batch']]],
  [
    'bundle.ndjson',
    '{"resourceType":"Bundle","type":"batch"}\n',
    [[1, '{"resourceType":"Bundle","type":"batch"}']],
  ],
  [
    'document.json',
    '{"resourceType":"Bundle","type":"document"}',
    [[1, '{"resourceType":"Bundle","type":"document"}']],
  ],
  ['empty.json', '', []],
  ['blank.json', ' \n\n', []],
  ['zeros.json', '\0\0', [[1, '\0\0']]],
  ['zeros.ndjson', '\0\0\n', [[1, '\0\0']]],
])('%s is read as what it is', async (name, content, expected) => {
  expect(await read(name, content)).toEqual(expected);
});

test('a Bundle may be longer than a line', async () => {
  const text = `{"resourceType":"Bundle","type":"batch","entry":[${'{},'.repeat(99)}{}]}`;
  expect(await read('bundle.json', text, 100)).toEqual([[1, 'batch']]);
});

test('a document beyond the limit is reported', async () => {
  expect(await read('long.json', pretty, 10)).toEqual([[1, 'line-too-long']]);
});
