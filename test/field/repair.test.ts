import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load, repairStore } from '@sluice/loader';
import { Deployment } from '../support/deployment.ts';
import { FieldStore, group, identifier, resource, to } from './field-store.ts';
import { begin } from '../support/export-client.ts';
import { tempFolder } from '../support/temp-folder.ts';

/* What a store has noted of its resources is corrected after its names have changed, or after a writer that noted nothing. */

let store: FieldStore;
beforeAll(async () => {
  store = await FieldStore.create();
}, 60_000);
afterAll(() => store.drop());

const base = 'https://renamed.example/fhir';
const stamps = { versionId: '1', lastUpdated: '2024-01-01T00:00:00Z' };
const data = [
  resource('Patient/p', { meta: stamps }),
  resource('Patient/q', identifier('q')),
  resource('Practitioner/d', identifier('d')),
  resource('Practitioner/e'),
  resource('Encounter/both', {
    meta: stamps,
    subject: to(`${base}/Patient/p`),
    participant: [{ individual: to(`${base}/Practitioner/d`) }],
  }),
  resource('Observation/shared', {
    subject: to(`${base}/Patient/p`),
    performer: [to('Patient/q'), to(`${base}/Practitioner/e`)],
  }),
  resource('Observation/searched', {
    subject: to(`${base}/Patient?identifier=http://ids.example|q`),
    performer: [to(`${base}/Practitioner?identifier=http://ids.example|d`)],
  }),
  resource('Provenance/v', { target: [to(`${base}/Encounter/both`)] }),
  group('g', `${base}/Patient/p`),
];
const ofP = [
  'Encounter/both',
  'Observation/shared',
  'Patient/p',
  'Practitioner/d',
  'Practitioner/e',
  'Provenance/v',
];

interface Row {
  readonly key: string;
  readonly body: string;
  readonly last_updated: string;
}
const rows = () =>
  store.deployment.query<Row>(
    `select type || '/' || id || '/' || version_id as key, body, last_updated::text, stored_at::text
       from sluice.resources order by seq`,
  );
const noted = (noting: FieldStore) =>
  noting.deployment.query<{ id: string }>(
    `select type, id, version_id, is_current, patient, shared,
            array(select p.patient from sluice.resource_patients p where p.seq = r.seq order by 1) as further,
            array(select t.target_type || t.target_id from sluice.provenance_targets t where t.seq = r.seq order by 1) as targets,
            array(select f.target_type || f.target_id from sluice.supporting_references f
                   where f.from_type = r.type and f.from_id in (r.patient, r.id) order by 1) as supporting
       from sluice.resources r order by type, id, version_id`,
  );

test('after a new name of the store a repair notes what loading with it would have, and changes no text and no stamp', async () => {
  await store.load({ 'a.ndjson': data });
  // A version that is gone, and a deletion.
  await store.load({
    'b.ndjson': [resource('Observation/gone', { subject: to(`${base}/Patient/p`) })],
  });
  await store.load({
    'c.json': {
      resourceType: 'Bundle',
      type: 'batch',
      entry: [{ request: { method: 'DELETE', url: 'Observation/gone' } }],
    },
  });
  const { pool } = store.deployment.database;
  const before = await rows();
  expect(await store.export('/Group/g/$export')).toEqual([]);
  expect(await repairStore(pool)).toMatchObject({ compartments: 0, supporting: 0, targets: 0 });

  const repaired = await repairStore(pool, [base]);
  expect(repaired).toEqual({
    versions: 10,
    // Encounter, two Observations, the Group, what was deleted and its deletion.
    compartments: 6,
    supporting: 4,
    targets: 1,
    stopped: false,
  });
  expect(await rows()).toEqual(before);
  expect((await store.export('/Group/g/$export')).sort()).toEqual(ofP);
  expect((await store.export('/Patient/$export?patient=q')).sort()).toEqual([
    'Observation/searched',
    'Observation/shared',
    'Patient/q',
    'Practitioner/d',
    'Practitioner/e',
  ]);

  // What loading it under that name notes is the same.
  const corrected = await noted(store);
  const fresh = await FieldStore.create();
  try {
    await fresh.load({ 'a.ndjson': data }, { bases: [base] });
    expect(corrected.filter(({ id }) => id !== 'gone')).toEqual(await noted(fresh));
  } finally {
    await fresh.drop();
  }
  expect(await repairStore(pool)).toMatchObject({ compartments: 0, supporting: 0, targets: 0 });
}, 60_000);

test('what a writer noted wrongly is corrected', async () => {
  const { deployment } = store;
  const right = await noted(store);
  await deployment.query(`update sluice.resources set patient = null, shared = false`);
  await deployment.query(
    'truncate sluice.resource_patients, sluice.supporting_references, sluice.provenance_targets',
  );
  await repairStore(deployment.database.pool);
  expect(await noted(store)).toEqual(right);
  expect((await store.export('/Group/g/$export')).sort()).toEqual(ofP);
}, 60_000);

test('it stops while an export is active', async () => {
  // Nobody works on it, so it stays.
  const idle = await Deployment.create();
  try {
    const { base: idleBase } = await idle.startApi();
    const { pool } = idle.database;
    await load({ pool, paths: [await writeData()] });
    await begin(idleBase);
    expect(await repairStore(pool, [base])).toEqual({
      versions: 0,
      compartments: 0,
      supporting: 0,
      targets: 0,
      stopped: true,
    });
  } finally {
    await idle.drop();
  }
}, 60_000);

async function writeData(): Promise<string> {
  const path = join(await tempFolder('repair'), 'a.ndjson');
  await writeFile(path, data.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}
