import fc from 'fast-check';
import { readBundle } from './bundle-reader.ts';
import { carriesResources, surveyText } from './bundle-survey.ts';
import { UnloadableError } from './load-problem.ts';

async function readItems(text: string, firstLine = 1, chunkBytes = 7) {
  const bytes = Buffer.from(text);
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    chunks.push(bytes.subarray(at, at + chunkBytes));
  }
  const source = { open: () => chunks, firstLine, maxEntryBytes: 8000 };
  const { bundle: survey } = await surveyText(source, 'x.json');
  if (survey === undefined) return undefined;
  const items = [];
  for await (const item of readBundle(source, survey)) items.push(item);
  return items.filter(({ kind }) => kind !== 'nothing');
}

async function read(bundle: object | string, indent?: number, chunkBytes?: number) {
  const text = typeof bundle === 'string' ? bundle : JSON.stringify(bundle, undefined, indent);
  const items = await readItems(text, 1, chunkBytes);
  return items?.map((item) => {
    switch (item.kind) {
      case 'resource':
        return `${item.number}: ${item.read.bytes.toString()}`;
      case 'delete':
        return `${item.number}: delete ${item.type}/${item.id}`;
      case 'problem':
        return `${item.number}: problem ${item.error.message}`;
      case 'nothing':
        return `${item.number}: nothing`;
    }
  });
}

const patient = (id: string) => ({ resourceType: 'Patient', id });

test.each([
  ['transaction', 'x.json', true],
  ['batch', 'x.ndjson', true],
  ['collection', 'x.ndjson', true],
  ['history', 'x.json', true],
  ['searchset', 'x.json', true],
  ['document', 'x.json', false],
  ['message', 'x.ndjson', false],
  ['transaction-response', 'x.json', true],
  ['collection', 'Bundle.ndjson', false],
  ['collection', 'folder/Bundle.1.ndjson.gz', false],
  ['collection', 'Bundle.json', true],
  ['transaction', 'Bundle.ndjson', true],
])('a %s in %s is taken apart: %s', (type, path, expected) => {
  expect(carriesResources({ resourceType: 'Bundle', type }, path)).toBe(expected);
});

test('what is no Bundle is not taken apart', () => {
  expect(carriesResources({ resourceType: 'List', type: 'collection' }, 'x.json')).toBe(false);
  expect(carriesResources({ resourceType: 'Bundle' }, 'x.json')).toBe(false);
});

test('the text of resources is cut out as it is, white space removed', async () => {
  const text =
    '{"resourceType":"Bundle","type":"collection","entry":[ {"resource": {"resourceType": "Observation", "id":"1", "v": 1.0, "s": "a b"} } ]}';
  expect(await read(text)).toEqual([
    '1: {"resourceType":"Observation","id":"1","v":1.0,"s":"a b"}',
  ]);
});

test('references to full URLs of the Bundle are rewritten, others are not', async () => {
  const bundle = {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        fullUrl: 'urn:uuid:p',
        resource: patient('1'),
        request: { method: 'POST', url: 'Patient' },
      },
      {
        resource: {
          resourceType: 'Observation',
          id: 'o',
          subject: { reference: 'urn:uuid:p' },
          performer: [{ reference: 'urn:uuid:p' }, { reference: 'Practitioner?identifier=x' }],
          device: { reference: 'urn:uuid:elsewhere' },
          note: [{ text: '"reference":"urn:uuid:p"' }],
        },
      },
    ],
  };
  const expected = JSON.stringify(bundle.entry[1]?.resource)
    .replace('"subject":{"reference":"urn:uuid:p"', '"subject":{"reference":"Patient/1"')
    .replace('[{"reference":"urn:uuid:p"', '[{"reference":"Patient/1"');
  expect(await read(bundle)).toEqual(['1: {"resourceType":"Patient","id":"1"}', `2: ${expected}`]);
  expect(await read(bundle, 2)).toEqual(await read(bundle));
});

test('a resource to be created without an id takes the UUID of its full URL', async () => {
  const entry = [
    { fullUrl: 'urn:uuid:a-b', resource: { resourceType: 'Patient', active: true } },
    { resource: { resourceType: 'Flag', subject: { reference: 'urn:uuid:a-b' } } },
  ];
  expect(await read({ resourceType: 'Bundle', type: 'transaction', entry })).toEqual([
    '1: {"resourceType":"Patient","id":"a-b","active":true}',
    '2: {"resourceType":"Flag","subject":{"reference":"Patient/a-b"}}',
  ]);
});

test('deletions of a transaction come first, those of a batch in their place', async () => {
  const entry = [
    { resource: patient('1'), request: { method: 'PUT', url: 'Patient/1' } },
    { request: { method: 'DELETE', url: 'Patient/1' } },
  ];
  const item = '1: {"resourceType":"Patient","id":"1"}';
  expect(await read({ resourceType: 'Bundle', type: 'transaction', entry })).toEqual([
    '2: delete Patient/1',
    item,
  ]);
  expect(await read({ resourceType: 'Bundle', type: 'batch', entry })).toEqual([
    item,
    '2: delete Patient/1',
  ]);
});

test('of a history the newest state of each resource counts', async () => {
  const entry = [
    { resource: { ...patient('1'), v: 2 }, request: { method: 'PUT', url: 'Patient/1' } },
    { request: { method: 'DELETE', url: 'Patient/2' } },
    { resource: patient('1'), request: { method: 'POST', url: 'Patient' } },
    { resource: patient('2'), request: { method: 'POST', url: 'Patient' } },
  ];
  expect(await read({ resourceType: 'Bundle', type: 'history', entry })).toEqual([
    '1: {"resourceType":"Patient","id":"1","v":2}',
    '2: delete Patient/2',
  ]);
});

test.each<[string, object, string[]]>([
  ['a read is passed over', { request: { method: 'GET', url: 'Patient/1' } }, []],
  ['an outcome of a search is passed over', { resource: {}, search: { mode: 'outcome' } }, []],
  [
    'a conditional deletion is a problem',
    { request: { method: 'DELETE', url: 'Patient?active=false' } },
    ['1: problem only a DELETE of type/id, or of type?identifier=system|value, can be loaded'],
  ],
  [
    'a patch is a problem',
    { resource: {}, request: { method: 'PATCH', url: 'Patient/1' } },
    ['1: problem a PATCH cannot be loaded'],
  ],
  ['an entry without a resource is a problem', {}, ['1: problem it has no resource object']],
  ['a resource of null is a problem', { resource: null }, ['1: problem it has no resource object']],
])('%s', async (_statement, entry, expected) => {
  expect(await read({ resourceType: 'Bundle', type: 'batch', entry: [entry] })).toEqual(expected);
});

test('entries know the line they begin on', async () => {
  const bundle = { resourceType: 'Bundle', type: 'batch', entry: [{ resource: patient('1') }, {}] };
  const text = JSON.stringify(bundle, undefined, 1);
  const found = (await readItems(text, 5))?.map(({ line }) => line);
  const expected = [0, 1].map((nth) => {
    const before = text.split(/^ {2}\{/m).slice(0, nth + 1);
    return 5 + before.join('').split('\n').length - 1;
  });
  expect(found).toEqual(expected);
});

test('an empty Bundle holds nothing', async () => {
  expect(await read({ resourceType: 'Bundle', type: 'batch' })).toEqual([]);
  expect(await read({ resourceType: 'Bundle', type: 'batch', entry: [] })).toEqual([]);
});

test.each([
  ['entry is no array', '{"resourceType":"Bundle","type":"batch","entry":{}}'],
  ['entry is there twice', '{"resourceType":"Bundle","type":"batch","entry":[],"entry":[]}'],
  [
    'entry is there twice, once with escapes',
    '{"resourceType":"Bundle","type":"batch","entry":[],"\\u0065ntry":[]}',
  ],
  ['entry has escapes', '{"resourceType":"Bundle","type":"batch","\\u0065ntry":[{}]}'],
])('a Bundle that cannot be taken apart is refused: %s', async (_what, text) => {
  await expect(read(text)).rejects.toThrow(UnloadableError);
});

test.each<[string, string, string]>([
  ['no object', '1', 'not a JSON object'],
  ['nothing', '', 'not a JSON object'],
  ['no JSON', '{"resource":{"resourceType":"Patient","id":"1","a":[1 2]}}', 'not JSON: '],
  ['too long', `{"resource":{"a":"${'x'.repeat(8000)}"}}`, 'longer than an entry may be'],
  ['with two resources', '{"resource":{},"resource":{}}', '"resource" is there twice'],
])('an entry that is %s is a problem of its own', async (_what, entry, message) => {
  const good = '{"resource":{"resourceType":"Patient","id":"1"}}';
  const text = `{"resourceType":"Bundle","type":"batch","entry":[${good},${entry},${good}]}`;
  const expected = '{"resourceType":"Patient","id":"1"}';
  expect(await read(text)).toEqual([
    `1: ${expected}`,
    expect.stringContaining(`2: problem ${message}`),
    `3: ${expected}`,
  ]);
});

test.each(['[]', '{}{}', '{"resourceType":"Bundle","type":"batch","entry":[{}]', '{"a":1 2}'])(
  'what is no Bundle as a whole is none: %s',
  async (text) => {
    expect(await read(text)).toBeUndefined();
  },
);

test('an entry that is too long is reported when it is the only one, too', async () => {
  const text = `{"resourceType":"Bundle","type":"batch","entry":[{"resource":{"a":"${'x'.repeat(8000)}"}}]}`;
  expect(await read(text)).toEqual(['1: problem longer than an entry may be (8000 bytes)']);
});

test('a Bundle is read alike however its text is cut into chunks', async () => {
  const json = fc
    .jsonValue({ maxDepth: 4 })
    .filter((value) => JSON.stringify(value, undefined, 3).length < 400);
  const entry = fc.record({ resource: fc.record({ id: fc.constant('1'), extra: json }) });
  const bundle = fc.record({
    resourceType: fc.constant('Bundle'),
    type: fc.constantFrom('batch', 'transaction', 'collection'),
    before: json,
    entry: fc.array(entry, { maxLength: 5 }),
    after: json,
  });
  await fc.assert(
    fc.asyncProperty(
      bundle,
      fc.nat(3),
      fc.integer({ min: 1, max: 40 }),
      async (value, indent, size) => {
        const expected = value.entry.map(
          ({ resource }, index) => `${index + 1}: ${JSON.stringify(resource)}`,
        );
        expect(await read(value, indent, size)).toEqual(expected);
      },
    ),
  );
});

test('what an entry costs does not grow with the number of entries', async () => {
  const costOf = async (count: number): Promise<number> => {
    const entry = '{"resource":{"resourceType":"Patient","id":"1"}}';
    const list = `${entry},`.repeat(count - 1) + entry;
    const text = `{"resourceType":"Bundle","type":"batch","entry":[${list}]}`;
    const before = process.cpuUsage();
    expect(await readItems(text, 1, 65_536)).toHaveLength(count);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / count;
  };
  await costOf(2000);
  const few = await costOf(2000);
  expect(await costOf(32_000)).toBeLessThan(few * 4);
});
