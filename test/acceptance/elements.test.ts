import { gunzipSync } from 'node:zlib';
import {
  deletedKeys,
  difference,
  exactly,
  expectExport,
  toldTexts,
} from '../support/compare-export.ts';
import {
  download,
  downloadLines,
  fileName,
  kickOff,
  lenient,
  linesOf,
  runExport,
  type Parameters,
} from '../support/export-client.ts';
import { dataOf } from '../support/patients-data.ts';
import { readFirstPatients, ServedStore } from '../support/served-store.ts';
import { changedAfter, lineOf } from '../support/stored-model.ts';
import { subsetLine, subsetted } from '../support/subset-line.ts';
import { members, old, to } from '../support/supporting-data.ts';
import { isCompartmentType, type Sample } from '../support/synthea.ts';

/*
 * `_elements` on the data of some of the Synthea patients, and on resources of the test's own that hold what is easily
 * changed by mistake. What is expected is worked out from the lines' texts, and compared to the byte.
 */

let store: ServedStore;
let patients: string[];
/** The Group of some of them. */
let few: ReadonlySet<string>;

const line = (key: string, rest: string, meta = ''): string => {
  const [type = '', id = ''] = key.split('/');
  return `{"resourceType":"${type}","id":"${id}","meta":{"lastUpdated":"${old}"${meta}},${rest}}`;
};
const subject = '"subject":{"reference":"Patient/whole"}';
const patient = line(
  'Patient/whole',
  [
    '"implicitRules":"http://x.example/rules","language":"de"',
    String.raw`"text":{"status":"generated","div":"<div xmlns=\"http://www.w3.org/1999/xhtml\">\u00e9, é</div>"}`,
    '"contained":[{"resourceType":"Organization","id":"in","partOf":{"reference":"#over"}},{"resourceType":"Practitioner","id":"who"},{"resourceType":"Organization","id":"over","name":"1.0"},{"resourceType":"Practitioner","id":"in2"}]',
    '"extension":[{"url":"http://x.example/e","valueDecimal":1.10}]',
    '"modifierExtension":[{"url":"http://x.example/m","valueDecimal":100e-2}]',
    String.raw`"active":false,"n\u0061me":[{"family":"O\/R \u00d6 Ö","_family":{"id":"f"}}]`,
    '"_gender":{"id":"g"},"gender":"female","birthDate":"1950-01-02","_birthDate":{"extension":[{"url":"http://x.example/t","valueDateTime":"1950-01-02T03:04:05Z"}]}',
    '"_deceasedDateTime":{"id":"d"},"multipleBirthInteger":2',
    '"managingOrganization":{"reference":"#in"},"generalPractitioner":[{"reference":"#who"}]',
    '"link":[{"other":{"reference":"Patient/whole"},"type":"seealso"}]',
  ].join(),
  String.raw`,"profile":["http:\/\/x.example"],"tag":[{"system":"http://x.example","code":"SUBSETTED"}]`,
);
const own = [
  patient,
  line(
    'Observation/numbers',
    `"status":"final","category":[{"text":"n"}],"code":{"text":"1.0"},${subject},"valueQuantity":{"value":1.50e+02},"component":[{"code":{"text":"c"},"valueQuantity":{"value":-0.0}},{"code":{"text":"d"},"valueQuantity":{"value":12345678901234567890.1234567890}}]`,
  ),
  line(
    'Observation/siblings',
    `"status":"final","_status":{"id":"s"},"code":{"text":"s"},${subject},"_effectiveDateTime":{"id":"e"},"issued":"2020-01-01T00:00:00Z","_issued":{"id":"i"},"_valueString":{"id":"v"},"valueString":"}],{\\"value\\":[\\\\"`,
  ),
  line(
    'Observation/tagged',
    `"status":"final","code":{"text":"t"},${subject},"valueInteger":100`,
    `,"tag":[${subsetted}]`,
  ),
  line('Observation/untagged', `"status":"final","code":{"text":"u"},${subject}`, ',"tag":[]'),
  line(
    'MedicationRequest/not',
    `"status":"active","intent":"order","doNotPerform":true,"medicationReference":{"reference":"#m"},"contained":[{"resourceType":"Medication","id":"m"}],${subject},"reportedBoolean":true`,
  ),
];

beforeAll(async () => {
  const samples = await readFirstPatients(3);
  patients = samples.filter(({ type }) => type === 'Patient').map(({ id }) => id);
  patients.push('whole');
  few = new Set(patients.slice(-3));
  store = await ServedStore.create(samples);
  await store.load([
    ...own,
    lineOf('Group/few', old, members([...few, 'nobody'])),
    lineOf('Observation/ends', old, { status: 'final', code: {}, subject: to('Patient/whole') }),
  ]);
}, 120_000);
afterAll(() => store.drop());

const parameters = (...parameter: object[]): Parameters => ({
  resourceType: 'Parameters',
  parameter,
});
const present = () => store.model.present();
const subsetOf = (samples: readonly Sample[], entries: readonly string[]) =>
  samples.map((sample) => ({ ...sample, line: subsetLine(sample.line, entries) }));

test.each<[string, string[], string[]]>([
  ['an element without a type', ['id'], ['id']],
  ['what always stays', ['resourceType,id,Patient.meta'], ['resourceType', 'id', 'Patient.meta']],
  ['elements of a type', ['Patient.birthDate,Patient.name'], ['Patient.birthDate', 'Patient.name']],
  [
    'lists, repetition and spaces',
    ['Observation.effective,%20Encounter.period', 'code,Observation.component,code'],
    ['Observation.effective', 'Encounter.period', 'code', 'Observation.component'],
  ],
  ['a choice', ['value'], ['value']],
  [
    'a choice by the name of one type',
    ['Observation.valueQuantity'],
    ['Observation.valueQuantity'],
  ],
  [
    'choices of several types',
    ['valueString,onset,abatementDateTime', 'Procedure.performed,occurrence,multipleBirth'],
    [
      'valueString',
      'onset',
      'abatementDateTime',
      'Procedure.performed',
      'occurrence',
      'multipleBirth',
    ],
  ],
  ['what a choice is not', ['recorded,reason'], ['recorded', 'reason']],
  ['what is dropped else', ['text,extension', 'language'], ['text', 'extension', 'language']],
  ['contained resources', ['contained'], ['contained']],
  [
    'what refers to contained resources',
    ['Patient.generalPractitioner,ExplanationOfBenefit.referral'],
    ['Patient.generalPractitioner', 'ExplanationOfBenefit.referral'],
  ],
  ['what refers on among them', ['managingOrganization'], ['managingOrganization']],
])(
  'of %s only this stays, with what is mandatory or a modifier, and nothing else is touched',
  async (_what, values, entries) => {
    const query = values.map((value) => `_elements=${value}`).join('&');
    await expectExport(store.base, `/$export?${query}`, subsetOf(present(), entries));
  },
  30_000,
);

test('what stays has its text: numbers, escapes, siblings, the order', async () => {
  const meta = (more: string, id: string, type = 'Observation') =>
    `{"resourceType":"${type}","id":"${id}","meta":{"lastUpdated":"${old}"${more}}`;
  const tag = `,"tag":[${subsetted}]`;
  const wanted = [
    String.raw`${meta(`,"profile":["http:\\/\\/x.example"],"tag":[{"system":"http://x.example","code":"SUBSETTED"},${subsetted}]`, 'whole', 'Patient')},"implicitRules":"http://x.example/rules","modifierExtension":[{"url":"http://x.example/m","valueDecimal":100e-2}],"active":false,"n\u0061me":[{"family":"O\/R \u00d6 Ö","_family":{"id":"f"}}],"_gender":{"id":"g"},"gender":"female","_deceasedDateTime":{"id":"d"},"link":[{"other":{"reference":"Patient/whole"},"type":"seealso"}]}`,
    `${meta(tag, 'numbers')},"status":"final","code":{"text":"1.0"},"valueQuantity":{"value":1.50e+02},"component":[{"code":{"text":"c"},"valueQuantity":{"value":-0.0}},{"code":{"text":"d"},"valueQuantity":{"value":12345678901234567890.1234567890}}]}`,
    `${meta(tag, 'siblings')},"status":"final","_status":{"id":"s"},"code":{"text":"s"},"_valueString":{"id":"v"},"valueString":"}],{\\"value\\":[\\\\"}`,
    `${meta(tag, 'tagged')},"status":"final","code":{"text":"t"},"valueInteger":100}`,
    `${meta(tag, 'untagged')},"status":"final","code":{"text":"u"}}`,
    `${meta(tag, 'ends')},"status":"final","code":{}}`,
  ];
  const { output } = await runExport(
    store.base,
    '/Patient/$export?patient=whole&_type=Patient,Observation&_elements=name,value,Patient.gender,component',
  );
  expect((await downloadLines(output)).sort()).toEqual(wanted.sort());
}, 30_000);

/** What is held there, with `_type` too. */
const levels: [string, (types?: readonly string[]) => readonly Sample[]][] = [
  ['/$export', (types) => present().filter(({ type }) => types?.includes(type) ?? true)],
  ['/Patient/$export', (types) => dataOf(present(), new Set(patients), types)],
  ['/Group/few/$export', (types) => dataOf(present(), few, types)],
];

describe.each(levels)('at %s', (path, held) => {
  const entries = ['birthDate', 'Encounter.reasonCode', 'Observation.value', 'Location.name'];
  const gzip = 'application/fhir+ndjson+gzip';

  test('what refers to other resources may be cut away: they come all the same, and cut as well', async () => {
    const wanted = subsetOf(held(), entries);
    const outside = wanted.filter(({ type }) => !isCompartmentType(type));
    expect(outside.length).toBeGreaterThan(10);
    const manifest = await expectExport(store.base, `${path}?_elements=${entries.join()}`, wanted);
    const told = await downloadLines(manifest.error);
    expect(told.map((text) => text.includes('SUBSETTED'))).toEqual(
      path.startsWith('/Group') ? [false] : [],
    );
  }, 30_000);

  test('by POST it is the same, as a list, repeated, and in gzip', async () => {
    const types = ['Patient', 'Encounter', 'Observation', 'Condition', 'Location'];
    const wanted = subsetOf(held(types), entries);
    const body = parameters(
      { name: '_elements', valueString: 'birthDate, Encounter.reasonCode' },
      { name: '_elements', valueString: 'Observation.value' },
      { name: '_elements', valueCode: 'Location.name' },
      { name: '_type', valueString: types.join() },
    );
    const manifest = await expectExport(store.base, path, wanted, body);
    const packed = await runExport(store.base, path, {
      ...body,
      parameter: [...body.parameter, { name: '_outputFormat', valueString: gzip }],
    });
    expect(packed.output.map(fileName)).toEqual(
      manifest.output.map((item) => `${fileName(item)}.gz`),
    );
    const files = await Promise.all(packed.output.map(download));
    const lines = files.flatMap((bytes) => linesOf(gunzipSync(bytes)));
    const texts = wanted.map(({ line: text }) => text);
    expect(difference(lines, texts)).toEqual(exactly(texts));
  }, 30_000);
});

interface Coded {
  readonly category?: readonly { readonly coding?: readonly { readonly code: string }[] }[];
  readonly effectiveDateTime?: string;
  readonly birthDate?: string;
  readonly gender?: string;
}
const isOf = (code: string, { category }: Coded) =>
  category?.some(({ coding }) => coding?.some((each) => each.code === code)) === true;

test.each<[string, string[], string[], (type: string, resource: Coded) => boolean]>([
  [
    'by an element that is cut away',
    ['Observation?category=vital-signs'],
    ['id'],
    (type, resource) => type !== 'Observation' || isOf('vital-signs', resource),
  ],
  [
    'by several, of several types',
    [
      'Observation?category=laboratory&date=ge2020',
      'Observation?category=survey',
      'Patient?gender=female',
    ],
    ['Observation.code', 'Patient.birthDate', 'Encounter.status'],
    (type, resource) =>
      type === 'Patient'
        ? resource.gender === 'female'
        : type !== 'Observation' ||
          isOf('survey', resource) ||
          (isOf('laboratory', resource) &&
            Date.parse(resource.effectiveDateTime ?? '') >= Date.UTC(2020, 0, 1)),
  ],
  [
    'by one of which another form stays',
    ['Patient?birthdate=lt1990'],
    ['Patient.name'],
    (type, { birthDate = '9999' }) => type !== 'Patient' || birthDate < '1990',
  ],
])(
  '_typeFilter sees the whole resource: %s',
  async (_what, filters, entries, passes) => {
    const types = ['Patient', 'Observation', 'Encounter'];
    const query = [
      `_type=${types.join()}`,
      `_elements=${entries.join()}`,
      ...filters.map((filter) => `_typeFilter=${encodeURIComponent(filter)}`),
    ].join('&');
    for (const [path, held] of levels) {
      const named = held(types);
      const passed = named.filter(({ type, line: text }) =>
        passes(type, JSON.parse(text) as Coded),
      );
      expect(passed.length).toBeLessThan(named.length);
      await expectExport(store.base, `${path}?${query}`, subsetOf(passed, entries));
    }
  },
  30_000,
);

test('with _since what changed is cut, and what is told of deletions is not', async () => {
  const before = await store.now();
  await store.remove(['Observation/ends']);
  const at = '2024-01-01T00:00:00Z';
  const wanted = subsetOf(changedAfter(dataOf(present(), few), at), ['id']);
  const query = `/Group/few/$export?_elements=id&_since=`;
  const manifest = await expectExport(store.base, query + at, wanted);
  expect(await deletedKeys(manifest)).toEqual(['Observation/ends']);
  expect((await downloadLines(manifest.deleted ?? [])).join()).not.toContain('SUBSETTED');

  const marked = await runExport(store.base, `${query}${before}&includeAssociatedData=_deleted`);
  const [text = '', ...others] = await downloadLines(marked.output);
  const { meta, ...rest } = JSON.parse(text) as { meta: { tag: unknown; extension: unknown[] } };
  expect([rest, others]).toEqual([
    { resourceType: 'Observation', id: 'ends', status: 'final', code: {} },
    [],
  ]);
  expect([meta.tag, meta.extension.length]).toEqual([[JSON.parse(subsetted)], 1]);
}, 30_000);

test.each([
  ['deeper elements', 'Patient.name.family', 'invalid'],
  ['what has no type', 'x.id', 'invalid'],
  ['what has no name', 'x-y', 'invalid'],
  ['a choice as it is defined', 'Observation.value[x]', 'invalid'],
  ['a sibling', 'Patient._birthDate', 'invalid'],
  ['an element of another type', 'Patient.period', 'value'],
  ['an element of no type', 'nonesuch', 'value'],
])(
  'what is no root element is refused, and left out of a lenient request: %s',
  async (_what, entry, code) => {
    const path = '/$export?_type=Patient&_elements=';
    const refused = await kickOff(store.base, `${path}id,${entry}`);
    const { issue } = (await refused.json()) as { issue: { code: string }[] };
    expect([refused.status, issue.map((each) => each.code)]).toEqual([400, [code]]);

    const all = present().filter(({ type }) => type === 'Patient');
    for (const [entries, wanted] of [
      [`id,${entry}`, subsetOf(all, ['id'])],
      [entry, all],
    ] as const) {
      const manifest = await runExport(store.base, path + entries, undefined, lenient);
      const texts = wanted.map((sample) => sample.line);
      expect(difference(await downloadLines(manifest.output), texts)).toEqual(exactly(texts));
      expect(await toldTexts(manifest)).toEqual([expect.stringContaining(`"${entry}"`)]);
    }
  },
  30_000,
);
