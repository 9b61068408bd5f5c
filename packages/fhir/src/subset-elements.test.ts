import fc from 'fast-check';
import { compileElements } from './subset-elements.ts';

const tag =
  '{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}';
const subset = (type: string, elements: string[], text: string) =>
  compileElements(type, elements)(Buffer.from(text)).toString();

test.each<[string, string, string[], string, string]>([
  [
    'id, meta and resourceType stay whatever is asked for',
    'Basic',
    ['created'],
    '{"resourceType":"Basic","id":"1","meta":{"versionId":"1"},"author":{},"created":"2020"}',
    `{"resourceType":"Basic","id":"1","meta":{"versionId":"1","tag":[${tag}]},"created":"2020"}`,
  ],
  [
    'mandatory and modifier elements stay',
    'Observation',
    ['id'],
    '{"resourceType":"Observation","implicitRules":"r","language":"en","modifierExtension":[],"extension":[],"status":"final","category":[],"code":{},"meta":{}}',
    `{"resourceType":"Observation","implicitRules":"r","modifierExtension":[],"status":"final","code":{},"meta":{"tag":[${tag}]}}`,
  ],
  [
    'modifiers that are choices stay',
    'Patient',
    ['id'],
    '{"resourceType":"Patient","meta":{},"active":false,"deceasedDateTime":"2020","_deceasedDateTime":{},"multipleBirthInteger":2}',
    `{"resourceType":"Patient","meta":{"tag":[${tag}]},"active":false,"deceasedDateTime":"2020","_deceasedDateTime":{}}`,
  ],
  [
    'a choice by its name is every type of it',
    'Observation',
    ['value'],
    '{"meta":{},"valueQuantity":{"value":1.0},"valueString":"x","_valueString":{},"valueSet":1,"effectiveDateTime":"2020"}',
    `{"meta":{"tag":[${tag}]},"valueQuantity":{"value":1.0},"valueString":"x","_valueString":{}}`,
  ],
  [
    'a choice by the name of a type is that one',
    'Observation',
    ['valueQuantity'],
    '{"meta":{},"valueQuantity":{},"valueString":"x"}',
    `{"meta":{"tag":[${tag}]},"valueQuantity":{}}`,
  ],
  [
    'the sibling of a primitive goes and stays with it',
    'Patient',
    ['gender'],
    '{"meta":{},"_gender":{"id":"g"},"gender":"male","birthDate":"2020","_birthDate":{}}',
    `{"meta":{"tag":[${tag}]},"_gender":{"id":"g"},"gender":"male"}`,
  ],
  [
    'text stays when it is asked for',
    'Basic',
    ['text'],
    '{"meta":{},"text":{"div":"<div>\\u00e9 1.0</div>"},"created":"2020"}',
    `{"meta":{"tag":[${tag}]},"text":{"div":"<div>\\u00e9 1.0</div>"}}`,
  ],
  [
    'numbers, escapes, order and repeats stay as they are',
    'Observation',
    ['component', 'value'],
    '{"component":[{"valueQuantity":{"value":1.50e+02}}],"meta":{"tag":[ ]},"v\\u0061lueInteger":-0,"code":{"text":"a\\/b"},"id":"1"}',
    `{"component":[{"valueQuantity":{"value":1.50e+02}}],"meta":{"tag":[ ${tag}]},"v\\u0061lueInteger":-0,"code":{"text":"a\\/b"},"id":"1"}`,
  ],
  [
    'white space around what stays is all that changes',
    'Basic',
    [],
    '{ "id" : "1" , "author":{} , "meta" : { } , "code": {"a" : [ ]} }',
    `{"id" : "1","meta" : { "tag":[${tag}]},"code": {"a" : [ ]}}`,
  ],
  [
    'names that the type does not have are of no effect',
    'Basic',
    ['valueQuantity', 'resourcetype', 'constructor'],
    '{"meta":{},"valueQuantity":{},"constructor":1}',
    `{"meta":{"tag":[${tag}]}}`,
  ],
])('%s', (_statement, type, elements, text, expected) => {
  expect(subset(type, elements, text)).toBe(expected);
});

test('a tag SUBSETTED that is there is not doubled', () => {
  const once = subset('Basic', ['id'], '{"id":"1","meta":{},"code":{}}');
  expect(subset('Basic', ['id'], once)).toBe(once);
  const withDisplay = '{"id":"1","meta":{"tag":[' + tag.replace('}', ',"display":"d"}') + ']}}';
  expect(subset('Basic', ['id'], withDisplay)).toBe(withDisplay);
});

const contained =
  '"contained":[{"resourceType":"Organization","id":"o"},{"id":"p","resourceType":"Practitioner","extension":[{"valueReference":{"reference":"#o"}}]},{"resourceType":"Basic","id":"b","code":{"text":"#p"}},{"resourceType":"Basic"}]';

test.each<[string, string[], string]>([
  ['without a reference that stays', [], ''],
  ['one that is referred to by what stays', ['managingOrganization'], 'o'],
  ['those it refers to as well, in their order', ['generalPractitioner'], 'o p'],
  ['all when they are asked for', ['contained'], 'o p b ?'],
])('contained resources: %s', (_which, elements, expected) => {
  const text = `{"resourceType":"Patient",${contained},"meta":{},"managingOrganization":{"reference":"#o"},"generalPractitioner":[{"reference":"\\u0023p"}]}`;
  const result = JSON.parse(subset('Patient', elements, text)) as { contained?: { id?: string }[] };
  const ids = result.contained?.map(({ id }) => id ?? '?').join(' ') ?? '';
  expect(ids).toBe(expected);
});

test('whatever the values are, the members that stay are those of the names, with the same text', () => {
  const names = ['id', 'code', '_code', 'created', 'author', 'text', 'x', '_created'];
  const members = fc.uniqueArray(fc.tuple(fc.constantFrom(...names), fc.jsonValue()), {
    selector: ([name]) => name,
  });
  fc.assert(
    fc.property(members, (entries) => {
      const object = { resourceType: 'Basic', ...Object.fromEntries(entries), meta: {} };
      const text = JSON.stringify(object);
      const kept = ['resourceType', 'id', 'code', '_code', 'created', '_created', 'meta'];
      const staying = Object.entries({ ...object, meta: { tag: [JSON.parse(tag) as unknown] } });
      const expected = JSON.stringify(
        Object.fromEntries(staying.filter(([name]) => kept.includes(name))),
      );
      expect(subset('Basic', ['created'], text)).toBe(expected);
    }),
  );
});

test('text that is no object is a SyntaxError', () => {
  expect(() => subset('Basic', [], '[]')).toThrow(SyntaxError);
});
