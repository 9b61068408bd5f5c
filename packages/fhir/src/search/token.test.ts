import { compileFilter } from './compile.ts';
import { parseTypeFilter } from './type-filter.ts';

function matches(query: string, resource: { resourceType: string }): boolean {
  const filter = parseTypeFilter(resource.resourceType, query);
  return compileFilter([filter], { baseUrl: 'https://example.org/fhir', nowMs: 0 })(resource);
}

const loinc = 'http://loinc.org';
const observation = {
  resourceType: 'Observation',
  id: 'Obs-1',
  meta: {
    tag: [{ system: 'urn:tags', code: 'blue' }, { code: 'bare' }],
    security: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'R' }],
  },
  status: 'final',
  identifier: [
    {
      system: 'urn:ids',
      value: 'A,1|x',
      type: {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v2-0203', code: 'MR' }],
        text: 'Médical record',
      },
    },
    { value: 'bare' },
  ],
  category: [
    { coding: [{ system: 'urn:cat', code: 'vital-signs' }] },
    { coding: [{ code: 'local', display: 'Local thing' }], text: 'Kept at home' },
  ],
  code: {
    coding: [
      { system: loinc, code: '8867-4', display: 'Heart rate' },
      { system: 'http://snomed.info/sct', code: '364075005', display: 'Fréquence' },
    ],
    text: 'Pulse of the heart',
  },
};

test.each<[string, boolean]>([
  // any system
  ['code=8867-4', true],
  ['code=364075005', true],
  ['code=8867', false],
  ['code=8867-4,other', true],
  ['code=other,8867-4', true],
  ['code=other,another', false],
  // system and code
  ['code=http://loinc.org|8867-4', true],
  ['code=http%3A%2F%2Floinc.org%7C8867-4', true],
  ['code=http://loinc.org|364075005', false],
  ['code=http://LOINC.org|8867-4', false],
  ['code=http://loinc.org|1,http://snomed.info/sct|364075005', true],
  // no system
  ['code=|8867-4', false],
  ['category=|local', true],
  ['category=|vital-signs', false],
  ['identifier=|bare', true],
  ['_tag=|bare', true],
  ['_tag=|blue', false],
  // any code of a system
  ['code=http://loinc.org|', true],
  ['code=http://unitsofmeasure.org|', false],
  ['identifier=urn:ids|', true],
  ['category=urn:cat|', true],
  // every AND has to be met
  ['code=8867-4&status=final', true],
  ['code=8867-4&status=amended', false],
  ['code=8867-4&code=364075005', true],
  ['code=8867-4&code=1', false],
  // elements of other types
  ['status=final', true],
  ['status=final,amended', true],
  ['status=Final', false],
  ['status=http://hl7.org/fhir/observation-status|final', true],
  ['status=http://hl7.org/fhir/observation-status|', true],
  ['status=http://other.org|final', false],
  ['status=|final', true],
  ['_id=Obs-1', true],
  ['_id=obs-1', false],
  ['_id=a,b,Obs-1', true],
  ['_tag=urn:tags|blue', true],
  ['_security=R', true],
  ['_security=N', false],
  // codes are case-sensitive, escapes are undone
  ['category=VITAL-SIGNS', false],
  ['identifier=urn:ids|A\\,1\\|x', true],
  ['identifier=A%5C%2C1%5C%7Cx', true],
  ['identifier=urn:ids|a\\,1\\|x', false],
  // :not
  ['code:not=8867-4', false],
  ['code:not=1', true],
  ['code:not=1,8867-4', false],
  ['code:not=http://loinc.org|364075005', true],
  ['method:not=x', true],
  ['status:not=final', false],
  ['status:not=amended,cancelled', true],
  // :missing
  ['code:missing=false', true],
  ['code:missing=true', false],
  ['method:missing=true', true],
  ['method:missing=false', false],
  ['component-code:missing=true', true],
  // :text
  ['code:text=pulse', true],
  ['code:text=HEART', true],
  ['code:text=frequence', true],
  ['code:text=rate', false],
  ['category:text=kept,other', true],
  ['identifier:text=medical', true],
  ['_tag:text=blue', false],
  // :of-type
  ['identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|A\\,1\\|x', true],
  ['identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|MR|bare', false],
  ['identifier:of-type=http://terminology.hl7.org/CodeSystem/v2-0203|SS|A\\,1\\|x', false],
  ['identifier:of-type=urn:other|MR|A\\,1\\|x', false],
])('%s: %s', (query, expected) => {
  expect(matches(query, observation)).toBe(expected);
});

const patient = {
  resourceType: 'Patient',
  active: false,
  deceasedBoolean: true,
  telecom: [
    { system: 'phone', value: '555-ABC' },
    { system: 'email', value: 'Ann@Example.org' },
  ],
};

test.each<[string, boolean]>([
  ['active=false', true],
  ['active=true', false],
  ['active=true,false', true],
  ['active:not=true', true],
  ['deceased=true', true],
  ['deceased=false', false],
  ['deceased:not=true', false],
  ['telecom=555-abc', true],
  ['phone=555-ABC', true],
  ['phone=ann@example.org', false],
  ['email=ann@example.org', true],
  ['email=ANN@EXAMPLE.ORG', true],
  ['email=|ann@example.org', true],
  ['email=555-abc', false],
])('of a patient, %s: %s', (query, expected) => {
  expect(matches(query, patient)).toBe(expected);
});

test('a patient who died at a known time is deceased, one of whom nothing is said is not', () => {
  const dead = { resourceType: 'Patient', deceasedDateTime: '2020' };
  expect(matches('deceased=true', dead)).toBe(true);
  expect(matches('deceased=true', { resourceType: 'Patient' })).toBe(false);
  expect(matches('deceased=false', { resourceType: 'Patient' })).toBe(true);
});

test('tokens over plain strings do not mind case', () => {
  expect(matches('version=ABC', { resourceType: 'CodeSystem', version: 'abc' } as never)).toBe(
    true,
  );
});

test('a thousand codes are looked up as one is', () => {
  const codes = Array.from({ length: 1000 }, (_, n) => `code-${n}`);
  expect(matches(`code=${codes.join(',')},8867-4`, observation)).toBe(true);
  expect(matches(`code=${codes.join(',')}`, observation)).toBe(false);
  expect(matches(`code:not=${codes.join(',')}`, observation)).toBe(true);
});

test.each([
  [{ code: 'text' }],
  [{ code: { coding: 'x' } }],
  [{ code: { coding: [null, 1, 'x', {}, { code: 1 }] } }],
  [{ code: [null] }],
  [{ code: null }],
])('of %j nothing is found, and nothing breaks', (odd) => {
  const resource = { resourceType: 'Observation', ...odd };
  expect(matches('code=x', resource)).toBe(false);
  expect(matches('code:text=y', resource)).toBe(false);
});
