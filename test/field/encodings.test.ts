import { gzipSync } from 'node:zlib';
import { LoadedFolder, lineOf } from './loaded-folder.ts';

let folder: LoadedFolder;
beforeAll(async () => {
  folder = await LoadedFolder.create();
});
afterEach(() => folder.clear());
afterAll(() => folder.drop());

const umlaut = lineOf('Patient/u', { name: [{ family: 'Müller' }] });

test.each<[string, string, Buffer]>([
  ['UTF-16 with a mark', 'a.ndjson', Buffer.from(`\u{feff}${umlaut}`, 'utf16le')],
  ['the same, big-endian', 'a.ndjson', Buffer.from(`\u{feff}${umlaut}`, 'utf16le').swap16()],
  ['the same, packed', 'a.json.gz', gzipSync(Buffer.from(`\u{feff}${umlaut}`, 'utf16le'))],
  ['UTF-8 with a mark', 'a.ndjson', Buffer.from(`\u{feff}${umlaut}`)],
])('%s is read', async (_what, name, content) => {
  const { problems } = await folder.load([await folder.put(name, content)]);
  expect(problems).toEqual([]);
  expect((await folder.bodies()).get('Patient/u')).toContain('"family":"Müller"');
});

test.each<[string, Buffer, string]>([
  ['Latin-1', Buffer.from(umlaut, 'latin1'), '1: not UTF-8, but like Latin-1 or Windows-1252'],
  [
    'a pointer of Git LFS',
    Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:0\n'),
    '-: a pointer of Git LFS',
  ],
  ['a ZIP archive', Buffer.from('PK\x03\x04\x14\0'), '-: a ZIP archive: unpack it first'],
  [
    'XML',
    Buffer.from('<Patient xmlns="http://hl7.org/fhir"/>'),
    '-: XML: convert it to JSON first',
  ],
])('%s is named for what it is', async (_what, content, message) => {
  const { problems } = await folder.load([await folder.put('a.ndjson', content)]);
  expect(problems).toEqual([expect.stringContaining(`a.ndjson:${message}`)]);
});

test('a byte order mark between lines is named, and the other lines are loaded', async () => {
  const content = `\u{feff}${lineOf('Patient/a')}\u{feff}${lineOf('Patient/b')}${lineOf('Patient/c')}`;
  const { problems } = await folder.load([await folder.put('a.ndjson', content)]);
  expect(problems).toEqual([
    expect.stringContaining('a.ndjson:2: it begins with a byte order mark'),
  ]);
  expect(await folder.keys()).toEqual(['Patient/a', 'Patient/c']);
});
