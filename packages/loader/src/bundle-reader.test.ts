import { carriesResources, readBundle } from './bundle-reader.ts';
import { UnloadableError } from './load-problem.ts';

function read(bundle: object | string, indent?: number) {
  const text = typeof bundle === 'string' ? bundle : JSON.stringify(bundle, undefined, indent);
  const { type } = JSON.parse(text) as { type: string };
  return [...readBundle(Buffer.from(text), type, 1)].map((item) =>
    item.kind === 'resource'
      ? `${item.entry}: ${item.bytes.toString()}`
      : `${item.entry}: ${item.kind} ${item.kind === 'delete' ? `${item.type}/${item.id}` : item.message}`,
  );
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
  ['transaction-response', 'x.json', false],
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

test('the text of resources is cut out as it is, white space removed', () => {
  const text =
    '{"resourceType":"Bundle","type":"collection","entry":[ {"resource": {"resourceType": "Observation", "id":"1", "v": 1.0, "s": "a b"} } ]}';
  expect(read(text)).toEqual(['1: {"resourceType":"Observation","id":"1","v":1.0,"s":"a b"}']);
});

test('references to full URLs of the Bundle are rewritten, others are not', () => {
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
  expect(read(bundle)).toEqual(['1: {"resourceType":"Patient","id":"1"}', `2: ${expected}`]);
  expect(read(bundle, 2)).toEqual(read(bundle));
});

test('a resource to be created without an id takes the UUID of its full URL', () => {
  const entry = [
    { fullUrl: 'urn:uuid:a-b', resource: { resourceType: 'Patient', active: true } },
    { resource: { resourceType: 'Flag', subject: { reference: 'urn:uuid:a-b' } } },
  ];
  expect(read({ resourceType: 'Bundle', type: 'transaction', entry })).toEqual([
    '1: {"resourceType":"Patient","id":"a-b","active":true}',
    '2: {"resourceType":"Flag","subject":{"reference":"Patient/a-b"}}',
  ]);
});

test('deletions of a transaction come first, those of a batch in their place', () => {
  const entry = [
    { resource: patient('1'), request: { method: 'PUT', url: 'Patient/1' } },
    { request: { method: 'DELETE', url: 'Patient/1' } },
  ];
  const item = '1: {"resourceType":"Patient","id":"1"}';
  expect(read({ resourceType: 'Bundle', type: 'transaction', entry })).toEqual([
    '2: delete Patient/1',
    item,
  ]);
  expect(read({ resourceType: 'Bundle', type: 'batch', entry })).toEqual([
    item,
    '2: delete Patient/1',
  ]);
});

test('of a history the newest state of each resource counts', () => {
  const entry = [
    { resource: { ...patient('1'), v: 2 }, request: { method: 'PUT', url: 'Patient/1' } },
    { request: { method: 'DELETE', url: 'Patient/2' } },
    { resource: patient('1'), request: { method: 'POST', url: 'Patient' } },
    { resource: patient('2'), request: { method: 'POST', url: 'Patient' } },
  ];
  expect(read({ resourceType: 'Bundle', type: 'history', entry })).toEqual([
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
    ['1: problem only a DELETE of type/id can be loaded'],
  ],
  [
    'a patch is a problem',
    { resource: {}, request: { method: 'PATCH', url: 'Patient/1' } },
    ['1: problem a PATCH cannot be loaded'],
  ],
  ['an entry without a resource is a problem', {}, ['1: problem it has no resource object']],
  ['a resource of null is a problem', { resource: null }, ['1: problem it has no resource object']],
])('%s', (_statement, entry, expected) => {
  expect(read({ resourceType: 'Bundle', type: 'batch', entry: [entry] })).toEqual(expected);
});

test('entries know the line they begin on', () => {
  const bundle = { resourceType: 'Bundle', type: 'batch', entry: [{ resource: patient('1') }, {}] };
  const text = JSON.stringify(bundle, undefined, 1);
  const found = [...readBundle(Buffer.from(text), 'batch', 5)].map(({ line }) => line);
  const expected = [0, 1].map((nth) => {
    const before = text.split(/^ {2}\{/m).slice(0, nth + 1);
    return 5 + before.join('').split('\n').length - 1;
  });
  expect(found).toEqual(expected);
});

test('an empty Bundle holds nothing', () => {
  expect(read({ resourceType: 'Bundle', type: 'batch' })).toEqual([]);
  expect(read({ resourceType: 'Bundle', type: 'batch', entry: [] })).toEqual([]);
});

test.each([
  ['entry is no array', '{"type":"batch","entry":{}}'],
  ['an entry is no object', '{"type":"batch","entry":[1]}'],
  ['entry is there twice', '{"type":"batch","entry":[],"entry":[]}'],
])('a Bundle that cannot be taken apart is refused: %s', (_what, text) => {
  expect(() => read(text)).toThrow(UnloadableError);
});
