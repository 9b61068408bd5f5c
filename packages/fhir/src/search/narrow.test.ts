import fc from 'fast-check';
import { parseInstant } from '../instant.ts';
import { compartmentPatients } from '../patient-compartment.ts';
import { compileFilter } from './compile.ts';
import { narrowFilter } from './narrow.ts';
import type { Narrowing } from './narrowing.ts';
import { parseTypeFilter } from './type-filter.ts';

const baseUrl = 'https://example.org/fhir';
const narrow = (type: string, query: string) => narrowFilter(parseTypeFilter(type, query));
const text = (...texts: string[]) => texts.map((each) => ({ text: each }));

test.each<[string, string, Narrowing]>([
  ['Observation', 'code=8867-4', { text: '"8867-4"' }],
  ['Observation', 'code=8867-4,8310-5', { any: text('"8867-4"', '"8310-5"') }],
  ['Observation', 'code=http://loinc.org|8867-4', { all: text('"8867-4"', '"http://loinc.org"') }],
  ['Observation', 'code=http://loinc.org|', { text: '"http://loinc.org"' }],
  ['Observation', 'code=|8867-4', { text: '"8867-4"' }],
  ['Observation', 'category=laboratory&status=final', { all: text('"laboratory"', '"final"') }],
  ['Observation', 'status=http://hl7.org/fhir/observation-status|final', { text: '"final"' }],
  ['Observation', 'combo-code=8480-6', { text: '"8480-6"' }],
  ['Observation', 'code:not=8867-4', { always: true }],
  ['Observation', 'code:text=heart', { always: true }],
  ['Observation', 'encounter:missing=false', { text: '"encounter"' }],
  ['Observation', 'encounter:missing=true', { always: true }],
  [
    'Observation',
    'date:missing=false',
    {
      any: text(
        '"effectiveDateTime"',
        '"effectivePeriod"',
        '"effectiveTiming"',
        '"effectiveInstant"',
      ),
    },
  ],
  ['Patient', 'identifier=urn:mrn|7', { all: text('"7"', '"urn:mrn"') }],
  ['Patient', 'active=true', { always: true }],
  ['Patient', 'deceased=true', { always: true }],
  ['Patient', 'family=smith', { always: true }],
  ['Patient', 'family:exact=Smith,Jones', { any: text('"Smith"', '"Jones"') }],
  ['Patient', 'email=a@b.org', { always: true }],
  ['Patient', '_id=a,b,a', { id: ['a', 'b'] }],
  ['Patient', '_id=urn:x|a', { id: [] }],
  ['Patient', '_id:not=a', { always: true }],
  // references: by compartment where they decide it
  ['Observation', 'patient=p1', { patient: ['p1'] }],
  ['Observation', 'patient=p1,Patient/p2', { patient: ['p1', 'p2'] }],
  ['Observation', 'subject=Patient/p1', { patient: ['p1'] }],
  ['Observation', 'subject:Patient=p1', { patient: ['p1'] }],
  ['Observation', 'subject=p1', { text: '/p1' }],
  ['Observation', 'subject=Group/g', { text: 'Group/g' }],
  ['Observation', `subject=${baseUrl}/Patient/p1`, { text: 'Patient/p1' }],
  ['Observation', 'subject=urn:uuid:1-2', { text: 'urn:uuid:1-2' }],
  ['Observation', 'encounter=e1', { text: 'Encounter/e1' }],
  ['AllergyIntolerance', 'patient=p1', { patient: ['p1'] }],
  ['Device', 'patient=p1', { text: 'Patient/p1' }],
  ['Patient', 'link=Patient/p1', { patient: ['p1'] }],
  // uris
  ['ValueSet', 'url=http://x.org/a', { text: '"http://x.org/a"' }],
  ['ValueSet', 'url:below=http://x.org/a', { text: '"http://x.org/a' }],
  ['ValueSet', 'url:above=http://x.org/a', { always: true }],
  ['Patient', '_profile=http://x.org/a', { text: '"http://x.org/a' }],
  // quantities
  [
    'Observation',
    'value-quantity=gt5|http://unitsofmeasure.org|mg',
    { all: text('"valueQuantity"', '"mg"', '"http://unitsofmeasure.org"') },
  ],
  ['Observation', 'value-quantity=gt5||mg', { all: text('"valueQuantity"', '"mg"') }],
  ['Observation', 'value-quantity=gt5', { text: '"valueQuantity"' }],
  // dates
  ['Patient', 'birthdate=1980-03', { any: text('"1980-02', '"1980-03', '"1980-04', '"1980"') }],
  [
    'Patient',
    'birthdate=1980-03-15',
    { any: text('"1980-03-14', '"1980-03-15', '"1980-03-16', '"1980-03"', '"1980"') },
  ],
  ['Patient', 'birthdate=ge1980', { always: true }],
  ['Patient', 'birthdate=ne1980', { always: true }],
  [
    'Patient',
    'birthdate=ge1980&birthdate=lt1983',
    { any: text('"1979', '"1980', '"1981', '"1982', '"1983') },
  ],
  ['Patient', 'birthdate=ge1900&birthdate=lt2000', { always: true }],
  [
    'Condition',
    'onset-date=ge2020-01-15&onset-date=le2020-06',
    {
      any: text(
        '"2020-01',
        '"2020-02',
        '"2020-03',
        '"2020-04',
        '"2020-05',
        '"2020-06',
        '"2020-07',
        '"2020"',
        '"onsetPeriod"',
      ),
    },
  ],
  ['Encounter', 'date=ge2020&date=lt2021', { always: true }],
  [
    'Encounter',
    'date=2020-07-04',
    { any: text('"2020-07-03', '"2020-07-04', '"2020-07-05', '"2020-07"', '"2020"') },
  ],
  [
    'Patient',
    '_lastUpdated=gt2020-01-01T00:00:00Z',
    { lastUpdated: { op: 'ge', instant: '2020-01-01T00:00:00.000000Z' } },
  ],
  [
    'Patient',
    '_lastUpdated=2020-01-01',
    {
      all: [
        { lastUpdated: { op: 'ge', instant: '2020-01-01T00:00:00.000000Z' } },
        { lastUpdated: { op: 'lt', instant: '2020-01-02T00:00:00.000000Z' } },
      ],
    },
  ],
  [
    'Patient',
    '_lastUpdated=lt2020-01-01T00:00:00.1234567Z',
    { lastUpdated: { op: 'le', instant: '2020-01-01T00:00:00.123456Z' } },
  ],
  ['Patient', '_lastUpdated=ne2020', { always: true }],
])('%s?%s is narrowed to %j', (type, query, expected) => {
  expect(narrow(type, query)).toEqual(expected);
});

interface Stored {
  readonly resource: { readonly id: string; readonly meta: { readonly lastUpdated: string } };
  readonly json: string;
}

/** What the database would answer. */
function holds(narrowing: Narrowing, stored: Stored): boolean {
  const { resource, json } = stored;
  if ('all' in narrowing) return narrowing.all.every((each) => holds(each, stored));
  if ('any' in narrowing) return narrowing.any.some((each) => holds(each, stored));
  if ('text' in narrowing) return json.includes(narrowing.text) || json.includes('\\');
  if ('id' in narrowing) return narrowing.id.includes(resource.id);
  if ('patient' in narrowing) {
    const patients = compartmentPatients({ ...resource }, baseUrl);
    return narrowing.patient.some((id) => patients.includes(id));
  }
  if ('always' in narrowing) return true;
  const { op, instant } = narrowing.lastUpdated;
  const updated = parseInstant(resource.meta.lastUpdated)?.text ?? '';
  return {
    ge: updated >= instant,
    gt: updated > instant,
    le: updated <= instant,
    lt: updated < instant,
  }[op];
}

/** Few values, so that filters and resources meet; awkward ones, so that shortcuts show. */
const dates = [
  '2020',
  '2019-12',
  '2020-01',
  '2019-12-31',
  '2020-01-01',
  '2020-01-01T00:30:00+14:00',
  '2019-12-31T23:30:00-12:00',
  '2020-01-01T12:00:00Z',
  '2020-06-15T08:00:00.123456Z',
  '2021-03-01T00:00:00.000Z',
];
const instants = dates.filter((each) => each.includes('T'));
const codes = ['8867-4', 'a', 'A', 'quote"d', 'back\\slash', 'é', 'a/b', 'x y'];
const systems = ['http://loinc.org', 'urn:s', 'http://x.org/a"b'];
const references = [
  'Patient/p1',
  'Patient/p2',
  'Group/p1',
  '/Patient/p1',
  `${baseUrl}/Patient/p1`,
  `${baseUrl}/Patient/p2/_history/1`,
  'https://other.org/Patient/p1',
  'Patient/p1/_history/2',
  'urn:uuid:p1',
  '#p1',
];
const canonicals = ['http://x.org/q', 'http://x.org/q|1', `${baseUrl}/Questionnaire/1|2`];

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const coding = fc.record({
  system: maybe(fc.constantFrom(...systems)),
  code: maybe(fc.constantFrom(...codes)),
});
const concept = fc.record({ coding: maybe(fc.array(coding, { maxLength: 2 })) });
const reference = fc.record({ reference: maybe(fc.constantFrom(...references)) });
const date = fc.constantFrom(...dates);
const period = fc.record({ start: maybe(date), end: maybe(date) });
const quantity = fc.record({
  value: maybe(fc.constantFrom(4.9, 5, 5.04, 6)),
  unit: maybe(fc.constantFrom('mg', 'g')),
  code: maybe(fc.constantFrom('mg', 'g')),
  system: maybe(fc.constantFrom(...systems)),
  comparator: maybe(fc.constantFrom('<', '>=')),
});
const observation = fc.record({
  resourceType: fc.constant('Observation'),
  id: fc.constantFrom('a', 'b'),
  meta: fc.record({
    lastUpdated: fc.constantFrom(...instants),
    tag: maybe(fc.array(coding, { maxLength: 2 })),
    profile: maybe(fc.array(fc.constantFrom(...canonicals), { maxLength: 2 })),
  }),
  status: maybe(fc.constantFrom('final', 'amended')),
  identifier: maybe(
    fc.array(
      fc.record({
        system: maybe(fc.constantFrom(...systems)),
        value: maybe(fc.constantFrom(...codes)),
        type: maybe(concept),
      }),
      { maxLength: 2 },
    ),
  ),
  code: maybe(concept),
  subject: maybe(reference),
  performer: maybe(fc.array(reference, { maxLength: 2 })),
  encounter: maybe(fc.constant({ reference: 'Encounter/p1' })),
  effectiveDateTime: maybe(date),
  effectivePeriod: maybe(period),
  effectiveTiming: maybe(fc.record({ event: fc.array(date, { maxLength: 2 }) })),
  valueDateTime: maybe(date),
  valueString: maybe(fc.constantFrom(...codes)),
  valueQuantity: maybe(quantity),
  component: maybe(
    fc.array(fc.record({ code: concept, valueQuantity: quantity }), { maxLength: 2 }),
  ),
});

const escape = (value: string) => encodeURIComponent(value.replaceAll(/[\\|,$]/g, '\\$&'));
const token = fc
  .tuple(
    fc.constantFrom('', '|', ...systems.map((system) => `${escape(system)}|`)),
    fc.constantFrom(...codes),
  )
  .map(([system, code]) => `${system}${escape(code)}`);
const prefix = fc.constantFrom('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap');
const dateValue = fc
  .tuple(prefix, date)
  .map(([before, value]) => before + encodeURIComponent(value));
const quantityValue = fc
  .tuple(prefix, fc.constantFrom('5', '5.0', '6'), fc.constantFrom('', '||mg', '|urn:s|g'))
  .map((parts) => parts.join(''));
const parameter = (names: readonly string[], value: fc.Arbitrary<string>) =>
  fc
    .tuple(fc.constantFrom(...names), fc.array(value, { minLength: 1, maxLength: 2 }))
    .map(([name, values]) => `${name}=${values.join(',')}`);
const plainReferences = [...references, 'p1', 'p2'].filter((each) => !each.startsWith('#'));
const queries = fc
  .array(
    fc.oneof(
      parameter(
        ['code', 'code:not', 'combo-code', 'identifier', '_tag', '_id', 'subject:identifier'],
        token,
      ),
      parameter(['status'], fc.constantFrom('final', 'amended')),
      parameter(
        ['code', '_tag'],
        fc.constantFrom(...systems.map((system) => `${escape(system)}|`)),
      ),
      parameter(['date', 'date', 'value-date', '_lastUpdated'], dateValue),
      parameter(['value-quantity', 'combo-value-quantity'], quantityValue),
      parameter(['subject', 'patient', 'performer'], fc.constantFrom(...plainReferences)),
      parameter(['subject:Patient', 'subject:Group'], fc.constantFrom('p1', 'p2')),
      parameter(['encounter'], fc.constantFrom('p1', 'Encounter/p1', 'x')),
      parameter(
        ['value-string', 'value-string:exact', 'value-string:contains'],
        fc.constantFrom(...codes.map(escape)),
      ),
      parameter(
        ['_profile', '_profile:below'],
        fc.constantFrom(...canonicals.map((each) => encodeURIComponent(each))),
      ),
      fc
        .tuple(
          fc.constantFrom('code', 'date', 'subject', 'patient', 'value-quantity', 'value-string'),
          fc.boolean(),
        )
        .map(([name, missing]) => `${name}:missing=${missing}`),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parameters) => parameters.join('&'));

test('what matches a filter meets its narrowing, however it is written as JSON', () => {
  let matched = 0;
  fc.assert(
    fc.property(observation, queries, fc.boolean(), (made, query, isEscaped) => {
      const filter = parseTypeFilter('Observation', query);
      const plain = JSON.stringify(made);
      const json = isEscaped ? plain.replaceAll('/', '\\/').replaceAll('é', '\\u00e9') : plain;
      const resource = JSON.parse(json) as Stored['resource'];
      const test = compileFilter([filter], { baseUrl, nowMs: Date.parse('2020-02-01') });
      if (test(resource)) {
        matched += 1;
        expect({ query, json, holds: holds(narrowFilter(filter), { resource, json }) }).toEqual({
          query,
          json,
          holds: true,
        });
      }
    }),
    { numRuns: 20_000 },
  );
  expect(matched).toBeGreaterThan(1000);
});
