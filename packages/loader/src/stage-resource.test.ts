import { stageDelete, stageResource } from './stage-resource.ts';

function stage(resource: Record<string, unknown>, stamp = false) {
  return stageResource({ bytes: Buffer.from(JSON.stringify(resource)), resource }, 7, { stamp });
}

const meta = { versionId: '3', lastUpdated: '2024-01-01T00:00:00.123+01:00' };

test('what the resource says of itself is kept', () => {
  const resource = { resourceType: 'Flag', id: 'f', meta, subject: { reference: 'Patient/p' } };
  expect(stage(resource)).toEqual({
    line: 7,
    type: 'Flag',
    id: 'f',
    deleted: false,
    versionId: '3',
    lastUpdated: '2023-12-31T23:00:00.123000Z',
    head: Buffer.from(JSON.stringify(resource)),
    tail: undefined,
    splice: 'none',
    patients: ['p'],
    supporting: [],
    targets: [],
    recorded: undefined,
  });
});

test('what it refers to outside the compartment is noted', () => {
  const performer = [{ reference: 'Practitioner/2' }, { reference: 'Organization/1/_history/4' }];
  const observation = { resourceType: 'Observation', id: 'o', performer };
  expect(stage(observation)).toMatchObject({
    patients: [],
    supporting: ['Organization/1', 'Practitioner/2'],
  });
});

test('a resource outside the compartment has the patients it mentions', () => {
  const patients = [{ reference: 'Patient/q' }, { reference: 'Patient/p' }];
  const task = { resourceType: 'Task', id: 't', for: patients[0], extension: [patients[1]] };
  expect(stage(task)).toMatchObject({ patients: ['p', 'q'], supporting: [] });
});

test('what a Provenance is about is noted', () => {
  const target = [{ reference: 'Observation/o' }, { reference: 'Patient/p' }];
  const recorded = '2024-01-01T01:00:00+01:00';
  const provenance = { resourceType: 'Provenance', id: 'v', target, recorded };
  expect(stage(provenance)).toMatchObject({
    patients: ['p'],
    targets: ['Observation/o', 'Patient/p'],
    recorded: '2024-01-01T00:00:00.000000Z',
  });
});

test('with stamp it is not, even if it is wrong', () => {
  const wrong = { resourceType: 'Flag', id: 'f', meta: { versionId: 1, lastUpdated: 'now' } };
  expect(stage(wrong, true)).toMatchObject({
    versionId: undefined,
    lastUpdated: undefined,
    splice: 'version-and-last-updated',
  });
});

test('a deletion has no text', () => {
  expect(stageDelete('Flag', 'f', 7)).toMatchObject({
    deleted: true,
    head: Buffer.alloc(0),
    splice: 'none',
  });
});

test.each([
  ['it has no resourceType', { id: '1' }],
  ['resourceType 1 is no resource type of R4', { resourceType: 1, id: '1' }],
  ['resourceType "Pat" is no resource type of R4', { resourceType: 'Pat', id: '1' }],
  ['resourceType "Parameters" cannot be stored', { resourceType: 'Parameters', id: '1' }],
  ['it has no id', { resourceType: 'Flag' }],
  ['id "a b" is not legal', { resourceType: 'Flag', id: 'a b' }],
  ['id 1 is not legal', { resourceType: 'Flag', id: 1 }],
  ['meta must be an object', { resourceType: 'Flag', id: '1', meta: 'x' }],
  ['meta.versionId 1 is not legal', { resourceType: 'Flag', id: '1', meta: { versionId: 1 } }],
  [
    'meta.lastUpdated "2024" is no instant',
    { resourceType: 'Flag', id: '1', meta: { lastUpdated: '2024' } },
  ],
  [
    'meta.lastUpdated null is no instant',
    { resourceType: 'Flag', id: '1', meta: { lastUpdated: null } },
  ],
])('a resource is refused: %s', (message, resource) => {
  expect(() => stage(resource)).toThrow(message);
});
