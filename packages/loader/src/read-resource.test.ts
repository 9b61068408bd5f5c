import { minifyJson } from '@sluice/fhir';
import { readJsonObject } from './read-json.ts';
import { readQuickly, readResource } from './read-resource.ts';
import { stageResource } from './stage-resource.ts';

const patient = '"reference":"Patient/p"';

test.each([
  ['without meta', `{"resourceType":"Flag","id":"1","subject":{${patient}}}`],
  [
    'with a stamp',
    '{"resourceType":"Flag","meta":{"lastUpdated":"2024-01-01T00:00:00Z"},"id":"1"}',
  ],
  [
    'with a version and a profile',
    '{"id":"1","meta":{"versionId":"3","profile":["x"]},"resourceType":"Flag"}',
  ],
  ['a Patient', '{"resourceType":"Patient","id":"1","link":[{"other":{"reference":"Patient/2"}}]}'],
  ['with white space', `{ "resourceType": "Flag",\n "id": "1", "subject": {${patient} } }`],
  [
    'in several compartments',
    `{"resourceType":"Group","id":"1","member":[{"entity":{${patient}}}]}`,
  ],
])('what is read quickly is staged as what is read in full: %s', (_what, text) => {
  const bytes = Buffer.from(text);
  const quick = readQuickly(bytes);
  if (quick === undefined) throw new Error('it was not read quickly');
  const full = { bytes: minifyJson(bytes), resource: readJsonObject(bytes) };
  for (const stamp of [false, true]) {
    expect(stageResource(quick, 7, { stamp })).toEqual(stageResource(full, 7, { stamp }));
  }
});

test.each([
  ['a Bundle', Buffer.from('{"resourceType":"Bundle","id":"1","type":"document"}')],
  ['what is not UTF-8', Buffer.from('{"resourceType":"Flag","id":"1","a":"\xff"}', 'latin1')],
  ['what is not JSON', Buffer.from('{"resourceType":"Flag","id":"1"')],
])('%s is not read quickly', (_what, bytes) => {
  expect(readQuickly(bytes)).toBeUndefined();
});

test('what is unusual is read in full', () => {
  const bytes = Buffer.from('{"resourceType": "Flag", "id": "1", "\\u0061": 1.0}');
  expect(readQuickly(bytes)).toBeUndefined();
  expect(readResource(bytes)).toEqual({
    bytes: Buffer.from('{"resourceType":"Flag","id":"1","\\u0061":1.0}'),
    resource: { resourceType: 'Flag', id: '1', a: 1 },
  });
  expect(() => readResource(Buffer.from('[]'))).toThrow('not a JSON object');
});
