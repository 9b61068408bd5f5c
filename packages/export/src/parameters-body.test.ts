import fc from 'fast-check';
import { ExportError } from './errors.ts';
import { ParametersReader, readParametersBody, type ParametersBody } from './parameters-body.ts';

const limits = { maxBytes: 1_000_000, maxPatientBytes: 10_000_000 };

/** Reads a text that comes in pieces of these lengths. */
function readInPieces(body: string, lengths: readonly number[]): ParametersBody {
  const bytes = Buffer.from(body);
  const reader = new ParametersReader(limits);
  let at = 0;
  for (const length of lengths) {
    reader.write(bytes.subarray(at, at + length));
    at += length;
  }
  if (at < bytes.length) reader.write(bytes.subarray(at));
  return reader.end();
}

const read = (body: string): ParametersBody => readInPieces(body, []);

function issueOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof ExportError) return `${error.status} ${error.issues[0]?.code}`;
    throw error;
  }
  return 'read';
}

test.each<[string, string, ParametersBody]>([
  ['no list', '{"resourceType":"Parameters"}', []],
  ['an empty list', '{"resourceType":"Parameters","parameter":[]}', []],
  ['white space', ' {\n"parameter" : [ ] , "resourceType" : "Parameters" } ', []],
  [
    'a byte order mark',
    '\uFEFF{"resourceType":"Parameters","parameter":[{"name":"a"}]}',
    [{ name: 'a' }],
  ],
  [
    'brackets and quotes in texts',
    '{"id":"[{\\"parameter\\":[","parameter":[{"name":"a","valueString":"}]\\\\"},{"name":"b","valueString":"\\"{["}],"resourceType":"Parameters"}',
    [
      { name: 'a', form: 'valueString', value: '}]\\' },
      { name: 'b', form: 'valueString', value: '"{[' },
    ],
  ],
  [
    'a list whose name is written with escapes',
    '{"resourceType":"Parameters","p\\u0061rameter":[{"name":"a","valueCode":"b"}]}',
    [{ name: 'a', form: 'valueCode', value: 'b' }],
  ],
  [
    'another list of that name further in',
    '{"resourceType":"Parameters","meta":{"parameter":[1,2]},"parameter":[{"name":"a"}]}',
    [{ name: 'a' }],
  ],
])('a body with %s is read', (_title, body, expected) => {
  expect(read(body)).toEqual(expected);
});

test.each([
  ['nothing', ''],
  ['half of a body', '{"resourceType":"Parameters","parameter":[{"name":"a"}'],
  ['half of an entry', '{"resourceType":"Parameters","parameter":[{"name":'],
  ['a comma too much', '{"resourceType":"Parameters","parameter":[{"name":"a"},]}'],
  ['a comma too few', '{"resourceType":"Parameters","parameter":[{"name":"a"}{"name":"b"}]}'],
  ['an entry that is no object', '{"resourceType":"Parameters","parameter":[5]}'],
  ['brackets that do not match', '{"resourceType":"Parameters","parameter":[{"name":"a"]}]}'],
  ['two lists', '{"resourceType":"Parameters","parameter":[],"parameter":[]}'],
  ['something behind it', '{"resourceType":"Parameters","parameter":[]}}'],
])('%s is a fault of structure', (_title, body) => {
  expect(issueOf(() => read(body))).toBe('400 structure');
});

test('what is not UTF-8 is a fault of structure, in an entry and beside it', () => {
  for (const body of ['{"resourceType":"\xff"}', '{"parameter":[{"name":"\xff"}]}']) {
    expect(issueOf(() => readParametersBody(Buffer.from(body, 'latin1')))).toBe('400 structure');
  }
});

test('it does not matter in which pieces a body comes', () => {
  const entry = fc.record(
    {
      name: fc.oneof(fc.constantFrom('patient', '_type'), fc.string({ minLength: 1 })),
      valueString: fc.string({ unit: 'binary' }),
      valueReference: fc.record({ reference: fc.string() }),
      part: fc.jsonValue({ maxDepth: 3 }),
    },
    { requiredKeys: ['name'] },
  );
  const body = fc.record({
    resourceType: fc.constant('Parameters'),
    id: fc.string(),
    parameter: fc.array(entry),
  });
  const form = fc.constantFrom(undefined, 2, '\t');
  fc.assert(
    fc.property(body, form, fc.array(fc.integer({ min: 1, max: 40 })), (value, space, lengths) => {
      const text = JSON.stringify(value, undefined, space);
      const whole = read(text);
      expect(readInPieces(text, lengths)).toEqual(whole);
      const names = value.parameter.map(({ name }) => name);
      expect(typeof whole === 'string' ? whole : whole.map(({ name }) => name)).toEqual(names);
    }),
  );
});

test.each([
  ['a body', (deep: string) => deep],
  ['an element of a body', (deep: string) => `{"resourceType":"Parameters","id":${deep}}`],
  [
    'an entry',
    (deep: string) => `{"resourceType":"Parameters","parameter":[{"name":"a","part":${deep}}]}`,
  ],
])('%s that is nested deeper than 32 is refused before it is parsed', (_title, around) => {
  expect(issueOf(() => read(around('['.repeat(100_000))))).toBe('400 too-costly');
  expect(issueOf(() => read(around(`${'['.repeat(28)}1${']'.repeat(28)}`)))).toBe('read');
});

test.each([
  ['parameters', '_type', '400 too-costly', 5001],
  ['patients', 'patient', '400 too-costly', 250_001],
])('more %s than may be are refused', (_title, name, expected, count) => {
  const entries = new Array<string>(count).fill(`{"name":"${name}"}`).join(',');
  expect(issueOf(() => read(`{"resourceType":"Parameters","parameter":[${entries}]}`))).toBe(
    expected,
  );
});

describe('lengths', () => {
  const patients = (count: number): string =>
    Array.from({ length: count }, (_, n) =>
      JSON.stringify(
        { name: 'patient', valueReference: { reference: `Patient/${n}` } },
        undefined,
        2,
      ),
    ).join(',\n');
  const feed = (body: string, given = limits) => {
    const reader = new ParametersReader(given);
    for (let at = 0; at < body.length; at += 65_536) {
      reader.write(Buffer.from(body.slice(at, at + 65_536)));
    }
    return reader.end();
  };

  test('of patients have a limit of their own', () => {
    const body = `{"resourceType":"Parameters","parameter":[${patients(20_000)}]}`;
    expect(body.length).toBeGreaterThan(limits.maxBytes);
    expect(feed(body)).toHaveLength(20_000);
    expect(issueOf(() => feed(body, { ...limits, maxPatientBytes: 500_000 }))).toBe('413 too-long');
    expect(issueOf(() => feed(body, { ...limits, maxPatientBytes: 0 }))).toBe('413 too-long');
  });

  test.each([
    ['an entry', `{"parameter":[{"name":"a","valueString":"${'x'.repeat(600_000)}`],
    ['what is beside the list', `{"id":"${'x'.repeat(70_000)}`],
    ['white space in the list', `{"parameter":[${' '.repeat(1_000_001)}`],
    [
      'many entries together',
      `{"parameter":[${new Array(50).fill(`{"name":"a","valueString":"${'x'.repeat(30_000)}"}`).join()}`,
    ],
  ])('of %s are limited', (_title, body) => {
    expect(issueOf(() => feed(body))).toBe('413 too-long');
  });
});
