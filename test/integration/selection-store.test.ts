import { randomInt } from 'node:crypto';
import { createPool, migrate, sqlState, withTransaction, type Pool } from '@sluice/postgres';
import { createDatabase, withDatabase, type TestDatabase } from '../support/database.ts';
import {
  expectedReferences,
  expectedTargets,
  randomChange,
  readReferences,
  readTargets,
  readVersions,
  writeBatch,
  type Change,
} from '../support/reference-history.ts';

/*
 * What the store knows of references, compared with what the test works out of every version that is
 * stored: after random histories, by concurrent writers, by writers of the older contract, and in a
 * store that an older release made.
 */

let database: TestDatabase;
let pool: Pool;
/** What was written, by its text. */
let changes: Map<string, Change>;

beforeEach(async () => {
  database = await createDatabase();
  ({ pool } = database);
  changes = new Map();
});
afterEach(() => database.drop());

/** A batch of changes at random, each resource once. */
function randomBatch(): Change[] {
  const batch = Array.from({ length: randomInt(1, 8) }, randomChange);
  for (const change of batch) if (!change.deleted) changes.set(change.body, change);
  return [...new Map(batch.map((change) => [`${change.type}/${change.id}`, change])).values()];
}

class RolledBack extends Error {}

/** Writes transactions of a few batches each, rolls some back, and begins those anew that lost against others. */
async function writeAtRandom(transactions: number): Promise<number> {
  let conflicts = 0;
  for (let n = 0; n < transactions;) {
    try {
      await withTransaction(pool, async (client) => {
        await client.query(`set local deadlock_timeout = '10ms'`);
        for (let i = randomInt(1, 4); i > 0; i -= 1) await writeBatch(client, randomBatch());
        if (randomInt(8) === 0) throw new RolledBack();
      });
      n += 1;
    } catch (error) {
      if (['40001', '40P01', '23505'].includes(sqlState(error))) conflicts += 1;
      else if (!(error instanceof RolledBack)) throw error;
    }
  }
  return conflicts;
}

async function expectTheTruth(of: Pool): Promise<void> {
  const versions = await readVersions(of);
  expect(await readReferences(of)).toEqual(expectedReferences(versions, changes));
  expect(await readTargets(of)).toEqual(expectedTargets(versions, changes));
}

describe('what refers to what', () => {
  test('is complete, and stale exactly where a version that made the reference was superseded by one that does not', async () => {
    for (let round = 0; round < 40; round += 1) {
      await writeAtRandom(3);
      await expectTheTruth(pool);
    }
  }, 60_000);

  test('stays so under concurrent writers', async () => {
    const conflicts = await Promise.all(Array.from({ length: 6 }, () => writeAtRandom(40)));
    await expectTheTruth(pool);
    // It means something only if they got in each other's way.
    expect(Math.max(...conflicts)).toBeGreaterThan(0);
  }, 60_000);

  test('holds from the earlier stamp when a writer that began later committed sooner', async () => {
    const early = observation('o1', ['Practitioner/1']);
    const late = observation('o2', ['Practitioner/1']);
    await withTransaction(pool, async (client) => {
      await client.query('select sluice.begin_write()');
      await withTransaction(pool, (other) => writeBatch(other, [late]));
      await writeBatch(client, [early]);
    });
    const [stored] = (await readVersions(pool)).filter(({ id }) => id === 'o1');
    expect(await readReferences(pool)).toEqual({
      'Observation p Practitioner/1': { since: stored?.stored_at, stale: false },
    });
  });

  test('stays stale when the reference is made again', async () => {
    const versions = [['Practitioner/1'], [], ['Practitioner/1']];
    for (const supporting of versions) await write(observation('o1', supporting));
    expect(Object.values(await readReferences(pool))).toMatchObject([{ stale: true }]);
  });

  test('is left alone by a version that says the same, and by one of another resource', async () => {
    await write(observation('o1', ['Practitioner/1', 'Practitioner/12']));
    await write(observation('o2', ['Practitioner/12']));
    await write(observation('o2', []));
    await write(observation('o1', ['Practitioner/1']));
    await write(observation('o1', ['Practitioner/1', 'Organization/1']));
    expect(await readReferences(pool)).toMatchObject({
      'Observation p Practitioner/1': { stale: false },
      'Observation p Practitioner/12': { stale: true },
      'Observation p Organization/1': { stale: false },
    });
  });

  test('is marked where escapes may hide what the old version said', async () => {
    const hidden = observation('o1', ['Practitioner/1']);
    await write({ ...hidden, body: hidden.body.replace('er/1"', 'er\\u002f1"') });
    await write(observation('o1', []));
    expect(Object.values(await readReferences(pool))).toMatchObject([{ stale: true }]);
  });

  test('is marked for a patient whose resource became another’s', async () => {
    await write(observation('o1', ['Practitioner/1'], ['p', 'q']));
    await write(observation('o1', ['Practitioner/1'], ['q', 'r']));
    expect(await readReferences(pool)).toMatchObject({
      'Observation p Practitioner/1': { stale: true },
      'Observation q Practitioner/1': { stale: false },
      'Observation r Practitioner/1': { stale: false },
    });
  });

  test('by a Group or a Provenance is its own, whoever the patients are', async () => {
    const group = (id: string, n: number, patients: string[]): Change => ({
      ...observation(id, ['Organization/1'], patients),
      type: 'Group',
      body: `{"n":${n},"managingEntity":{"reference":"Organization/1"}}`,
    });
    await write(group('g', 1, ['p', 'q']), { ...group('v', 1, []), type: 'Provenance' });
    await write(group('g', 2, ['r']));
    expect(await readReferences(pool)).toMatchObject({
      'Group g Organization/1': { stale: false },
      'Provenance v Organization/1': { stale: false },
    });
    await write({ ...group('g', 3, ['r']), supporting: [], body: '{"n":3}' });
    expect(
      Object.entries(await readReferences(pool)).map(([key, { stale }]) => [key, stale]),
    ).toEqual(
      expect.arrayContaining([
        ['Group g Organization/1', true],
        ['Provenance v Organization/1', false],
      ]),
    );
  });

  test('many who add the same references at once, each in an order of its own, do not deadlock', async () => {
    const practitioners = Array.from({ length: 40 }, (_, n) => `Practitioner/${n}`);
    const shuffled = (): string[] => practitioners.toSorted(() => Math.random() - 0.5);
    const writing = Array.from({ length: 160 }, (_, n) =>
      write(
        observation(
          `a${n}`,
          shuffled(),
          ['p', 'q', 'r'].toSorted(() => Math.random() - 0.5),
        ),
        observation(`b${n}`, shuffled(), ['r', 'p']),
      ),
    );
    await Promise.all(writing);
    expect(Object.keys(await readReferences(pool))).toHaveLength(120);
  }, 30_000);
});

describe('staging', () => {
  const buffers = "select current_setting('temp_buffers') as size";

  test('has memory of its own, again and again in a session', async () => {
    const client = await pool.connect();
    try {
      for (const end of ['rollback', 'commit', 'commit']) {
        await client.query('begin');
        await writeBatch(client, randomBatch());
        expect((await client.query(buffers)).rows).toEqual([{ size: '32MB' }]);
        await client.query(end);
      }
      expect((await client.query(buffers)).rows).toEqual([{ size: '8MB' }]);
    } finally {
      client.release();
    }
  });

  test('does without in a session that has had temporary tables', async () => {
    const client = await pool.connect();
    try {
      await client.query('begin; create temporary table seen (n int); insert into seen values (1)');
      await writeBatch(client, [observation('o1', ['Practitioner/1'])]);
      expect((await client.query(buffers)).rows).toEqual([{ size: '8MB' }]);
      await client.query('commit');
      expect(await readVersions(pool)).toHaveLength(1);
    } finally {
      client.release(true);
    }
  });
});

describe('writers of the contract as it was', () => {
  test('go on working, and what they supersede is marked', async () => {
    await write(observation('o1', ['Practitioner/1']));
    const older = observation('o1', ['Practitioner/12']);
    await withTransaction(pool, (client) => writeBatch(client, [older], 'older'));
    expect(await readReferences(pool)).toMatchObject({
      'Observation p Practitioner/1': { stale: true },
    });
    expect((await readVersions(pool)).map(({ body }) => body)).toContain(older.body);
  });

  test('who began before the store was migrated are told to begin anew', async () => {
    await withTransaction(pool, async (client) => {
      await client.query('select sluice.begin_write()');
      // The table as a writer has it that waited for the lock of the migration.
      await client.query('alter table staged_resources drop column recorded');
      const merging = client.query('select sluice.merge_staged()');
      await expect(merging).rejects.toMatchObject({ code: '40001' });
    });
  });
});

/** An empty store as an older release made it. */
async function createOldStore(
  upTo: string,
): Promise<{ url: string; pool: Pool; drop(): Promise<void> }> {
  const name = `${new URL(database.url).pathname.slice(1)}_old`;
  await pool.query(`create database ${name} with template template0`);
  const url = withDatabase(database.url, name);
  await migrate(url, { upTo });
  const old = createPool(url, { max: 4, applicationName: 'sluice-test' });
  return {
    url,
    pool: old,
    drop: async () => {
      await old.end();
      await pool.query(`drop database ${name} with (force)`);
    },
  };
}

describe('a store that an older release made', () => {
  test.each([
    ['0005-faster-writes', 'older'],
    ['0007-stages', 'present'],
  ] as const)(
    'at %s, has after its migration what loading it anew gives',
    async (upTo, contract) => {
      const old = await createOldStore(upTo);
      try {
        for (let n = 0; n < 120; n += 1) {
          const batch = randomBatch();
          await withTransaction(old.pool, (client) => writeBatch(client, batch, contract));
          await withTransaction(pool, (client) => writeBatch(client, batch));
        }
        await migrate(old.url);
        await expectTheTruth(old.pool);
        await expectTheTruth(pool);
        expect(await patientsOf(old.pool)).toEqual(await patientsOf(pool));
        const indexes = `select replace(indexdef, indexname, '') as def from pg_indexes
                        where schemaname = 'sluice' order by 1`;
        expect((await old.pool.query(indexes)).rows).toEqual((await pool.query(indexes)).rows);
      } finally {
        await old.drop();
      }
    },
    60_000,
  );
});

async function patientsOf(of: Pool): Promise<unknown[]> {
  return (await readVersions(of)).map(({ type, id, body, patient, further }) => [
    type,
    id,
    body,
    patient,
    further,
  ]);
}

function observation(
  id: string,
  supporting: readonly string[],
  patients: readonly string[] = ['p'],
): Change {
  const performer = supporting.map((reference) => ({ reference }));
  const body = JSON.stringify({ resourceType: 'Observation', id, performer, n: randomInt(1e9) });
  const rest = { deleted: false, targets: [], recorded: null };
  return { type: 'Observation', id, body, patients, supporting, ...rest };
}

async function write(...batch: readonly Change[]): Promise<void> {
  await withTransaction(pool, (client) => writeBatch(client, batch));
}
