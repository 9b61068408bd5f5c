import { compileFilter } from './compile.ts';
import type { SearchParameter } from './parameters.ts';
import type { SearchErrorCode } from './search-error.ts';
import { parseTypeFilter } from './type-filter.ts';

test('a filter that is understood says which parameters it has', () => {
  const { type, criteria } = parseTypeFilter('Observation', 'code=8867-4&date=ge2020&_id=a');
  expect(type).toBe('Observation');
  expect(criteria.map(({ parameter }) => parameter.name)).toEqual(['code', 'date', '_id']);
  expect(criteria[0]?.condition).toEqual({
    kind: 'token',
    not: false,
    values: [{ system: undefined, code: '8867-4' }],
  });
});

test('a caller may bring parameters beside those of R4', () => {
  const name: SearchParameter = {
    name: 'name',
    type: 'string',
    definition: 'http://hl7.org/fhir/SearchParameter/Group-name',
    paths: [
      {
        steps: [{ name: 'name', repeats: false, target: undefined, where: undefined }],
        type: 'string',
        from: [],
      },
    ],
    expression: 'Group.name',
  };
  const filter = parseTypeFilter('Group', 'name:contains=dia&type=person', [name]);
  const test = compileFilter([filter], { baseUrl: 'http://x', nowMs: 0 });
  const group = { resourceType: 'Group', type: 'person', name: 'All Diabetics' };
  expect([test(group), test({ ...group, name: 'none' })]).toEqual([true, false]);
});

test.each<[string, string, SearchErrorCode, string | undefined, string]>([
  ['Nonsense', 'a=b', 'invalid', undefined, '"Nonsense" is not a resource type of FHIR R4.'],
  ['Patient', '', 'invalid', undefined, 'The query is empty'],
  ...[
    '_include',
    '_include:iterate',
    '_revinclude',
    '_sort',
    '_count',
    '_elements',
    '_summary',
    '_total',
    '_contained',
    '_containedType',
    '_format',
  ].map((name): [string, string, SearchErrorCode, string, string] => [
    'Patient',
    `${name}=x`,
    'invalid',
    name,
    `${name} shapes the answer of a search and has no meaning in a filter`,
  ]),
  [
    'Patient',
    'status=active',
    'not-supported',
    'status',
    'status: Patient has no such search parameter in FHIR R4; accepted for Patient: _id, _lastUpdated,',
  ],
  [
    'Patient',
    'Gender=male',
    'not-supported',
    'Gender',
    'Gender: Patient has no such search parameter in FHIR R4',
  ],
  [
    'Observation',
    'subject.name=x',
    'not-supported',
    'subject.name',
    'subject.name: chained parameters are not supported',
  ],
  [
    'Observation',
    'subject:Patient.name=x',
    'not-supported',
    'subject:Patient.name',
    'subject:Patient.name: of the modifiers, subject has missing, identifier and resource types. Chained parameters are not supported.',
  ],
  [
    'Patient',
    '_has:Observation:patient:code=x',
    'not-supported',
    '_has:Observation:patient:code',
    'chained parameters are not supported',
  ],
  [
    'Observation',
    'code-value-quantity=x$y',
    'not-supported',
    'code-value-quantity',
    'code-value-quantity: this composite parameter is not supported',
  ],
  [
    'Location',
    'near=1|2',
    'not-supported',
    'near',
    'near: this special parameter is not supported',
  ],
  ['Patient', '_text=x', 'not-supported', '_text', '_text: this string parameter is not supported'],
  ['Patient', '_content=x', 'not-supported', '_content', 'not supported'],
  ['Patient', '_query=x', 'not-supported', '_query', 'not supported'],
  ['Patient', '_filter=x', 'not-supported', '_filter', 'no such search parameter'],
  ['Patient', '_list=x', 'not-supported', '_list', 'no such search parameter'],
  ['Bundle', 'composition=x', 'not-supported', 'composition', 'not supported'],
  ...['in', 'not-in', 'above', 'below', 'exact', 'nonsense', 'Patient', 'MISSING', ''].map(
    (modifier): [string, string, SearchErrorCode, string, string] => [
      'Observation',
      `code:${modifier}=x`,
      'not-supported',
      `code:${modifier}`,
      'of the modifiers, code has missing, not, text.',
    ],
  ),
  [
    'Patient',
    'birthdate:exact=2020',
    'not-supported',
    'birthdate:exact',
    'birthdate:exact: of the modifiers, birthdate has missing.',
  ],
  ['Patient', 'gender:text=x', 'not-supported', 'gender:text', 'gender has missing, not.'],
  [
    'Patient',
    'family:text=x',
    'not-supported',
    'family:text',
    'family has missing, exact, contains.',
  ],
  [
    'Observation',
    'value-quantity:not=5',
    'not-supported',
    'value-quantity:not',
    'value-quantity has missing.',
  ],
  [
    'Observation',
    'code:missing=yes',
    'invalid',
    'code:missing',
    'code:missing: true or false is expected.',
  ],
  ['Observation', 'code:missing=true,false', 'invalid', 'code:missing', 'true or false'],
  ['Patient', 'active=yes', 'invalid', 'active', 'active: true or false is expected.'],
  ['Patient', 'deceased=1', 'invalid', 'deceased', 'deceased: true or false is expected.'],
  ['Observation', 'code=a,,b', 'invalid', 'code', 'code: "a,,b" has an empty value in it.'],
  ['Observation', 'code=a|b|c', 'invalid', 'code', 'code: "a|b|c" is no token;'],
  ['Observation', 'code=|', 'invalid', 'code', 'code: "|" is no token;'],
  [
    'Observation',
    'identifier:of-type=a|b',
    'invalid',
    'identifier:of-type',
    'identifier:of-type: "a|b" is not system|code|value; all three parts are expected.',
  ],
  ['Observation', 'code=a%5Cb', 'invalid', 'code', 'a backslash may only stand before'],
  ['Patient', 'birthdate=1.1.2020', 'invalid', 'birthdate', '"1.1.2020" is no date; YYYY,'],
  ['RiskAssessment', 'probability=x', 'invalid', 'probability', '"x" is no number;'],
  ['Observation', 'value-quantity=5|mg', 'invalid', 'value-quantity', '"5|mg" is no quantity;'],
])('%s?%s is %s', (type, query, code, parameter, message) => {
  expect(() => parseTypeFilter(type, query)).toThrow(
    expect.objectContaining({
      name: 'SearchError',
      code,
      parameter,
      message: expect.stringContaining(message) as string,
    }) as Error,
  );
});

test('resources meet all parameters of a filter and any of several filters', () => {
  const filters = ['gender=male&birthdate=lt1950', 'gender=female'].map((query) =>
    parseTypeFilter('Patient', query),
  );
  const test = compileFilter(filters, { baseUrl: '', nowMs: 0 });
  const patient = (gender: string, birthDate: string) =>
    test({ resourceType: 'Patient', gender, birthDate });
  expect(patient('male', '1940-01-01')).toBe(true);
  expect(patient('male', '1990-01-01')).toBe(false);
  expect(patient('female', '1990-01-01')).toBe(true);
  expect(test({ resourceType: 'Practitioner', gender: 'female' })).toBe(false);
  expect(compileFilter([], { baseUrl: '', nowMs: 0 })({ resourceType: 'Patient' })).toBe(false);
});
