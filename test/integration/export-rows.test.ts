import { randomUUID } from 'node:crypto';
import type { KickOff } from '@sluice/export';
import {
  beginPlanning,
  createExport,
  createPool,
  findExport,
  listExportPatients,
  listExports,
  migrate,
  namesOnlyPatients,
  type Pool,
} from '@sluice/postgres';
import { createDatabase, withDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

const kickOff: KickOff = {
  level: 'patient',
  request: 'https://example.org/fhir/Patient/$export',
  baseUrl: 'https://example.org/fhir',
  typeFilters: { Observation: ['status=final'] },
  rowFilters: { Observation: [['code=a', 'code=b'], ['category=c']] },
  elements: { '*': ['id'] },
  outputFormat: 'ndjson',
  lenient: true,
  notices: [{ severity: 'warning', code: 'value', text: 'A notice.' }],
};

async function inDatabase<T>(url: string, work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = createPool(url, { max: 1 });
  return await work(pool).finally(() => pool.end());
}

/** Stores an export of its own slot. */
async function store(more: Partial<KickOff> = {}): Promise<string> {
  const id = randomUUID();
  const given = { id, kickOff: { ...kickOff, ...more }, subject: 'a', slot: `test/${id}` };
  await createExport(database.pool, given);
  return id;
}

test('an export is found without what only its plan needs', async () => {
  const { level, request, baseUrl, rowFilters, outputFormat, lenient } = kickOff;
  const summary = { level, request, baseUrl, rowFilters, outputFormat, lenient };
  const id = await store();
  const listed = (await listExports(database.pool)).find((one) => one.id === id);
  expect((await findExport(database.pool, id))?.kickOff).toEqual(summary);
  expect(listed?.kickOff).toEqual(summary);
});

test('its plan has all of the kick-off but the patients, which lie beside it', async () => {
  const id = await store({ patients: ['b', 'a'] });
  const planned = (await beginPlanning(database.pool, id))?.begun;
  expect(planned?.kickOff).toEqual({ ...kickOff, hasPatients: true });
  expect(await listExportPatients(database.pool, id)).toEqual(['a', 'b']);
});

test.each([
  [['a', 'b', 'c'], true],
  [['a', 'b'], true],
  [['a'], false],
  [[], false],
])('of the patients a and b, %j are all: %j', async (permitted, expected) => {
  const id = await store({ patients: ['a', 'b'] });
  expect(await namesOnlyPatients(database.pool, id, permitted)).toBe(expected);
});

test('exports that were stored before become as they are stored today', async () => {
  const name = `${new URL(database.url).pathname.slice(1)}_old`;
  await database.pool.query(`create database ${name}`);
  const url = withDatabase(database.url, name);
  const old = { ...kickOff, rowFilters: { Observation: ['code=a', 'code=b'] } };
  try {
    await migrate(url, { upTo: '0009-authorization' });
    const ids = await inDatabase(url, async (pool) => {
      const { rows } = await pool.query<{ id: string }>(
        `insert into sluice.exports (id, kick_off, subject, folder, transaction_time)
         select gen_random_uuid(), k, 'a', gen_random_uuid(), now() from unnest($1::jsonb[]) as k returning id`,
        [[{ ...old, patients: ['a', 'b'] }, { level: 'system' }].map((one) => JSON.stringify(one))],
      );
      return rows.map(({ id }) => id);
    });
    await migrate(url);
    await inDatabase(url, async (pool) => {
      const [limited = '', plain = ''] = ids;
      const { rows } = await pool.query<{ kick_off: unknown }>(
        'select kick_off from sluice.exports where id = $1',
        [limited],
      );
      expect(rows[0]?.kick_off).toEqual({
        ...old,
        hasPatients: true,
        rowFilters: { Observation: [['code=a', 'code=b']] },
      });
      expect(await listExportPatients(pool, limited)).toEqual(['a', 'b']);
      expect((await findExport(pool, plain))?.kickOff).toEqual({ level: 'system' });
    });
  } finally {
    await database.pool.query(`drop database ${name} with (force)`);
  }
}, 60_000);
