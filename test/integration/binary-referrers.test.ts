import {
  createPool,
  findBinaryReferrers,
  migrate,
  withTransaction,
  type Pool,
  type Queryable,
} from '@sluice/postgres';
import { createDatabase, withDatabase, type TestDatabase } from '../support/database.ts';

/** Text as it may stand in the URL of an attachment, and what is only like it. */
const urls: Readonly<Record<string, string>> = {
  relative: 'Binary/b-1',
  slashed: '/Binary/b-1',
  absolute: 'https://x.example/fhir/Binary/b-1',
  escaped: 'Binary\\/b-1',
  versioned: 'Binary/b-1/_history/2',
  longer: 'Binary/b-12',
  other: 'Binary/b-2',
  none: 'https://x.example/b-1',
};

let database: TestDatabase;
let made = 0;

beforeAll(async () => (database = await createDatabase()), 60_000);
afterAll(() => database.drop());

/** Calls with an empty database that has the schema of a release. */
async function inEmptyDatabase(
  upTo: string | undefined,
  work: (pool: Pool, url: string) => Promise<void>,
): Promise<void> {
  const name = `${new URL(database.url).pathname.slice(1)}_b${(made += 1)}`;
  await database.pool.query(`create database ${name}`);
  const url = withDatabase(database.url, name);
  await migrate(url, upTo === undefined ? {} : { upTo });
  const pool = createPool(url, { max: 2 });
  try {
    await work(pool, url);
  } finally {
    await pool.end();
    await database.pool.query(`drop database ${name}`);
  }
}

async function store(pool: Pool, type: string, bodies: ReadonlyMap<string, string>): Promise<void> {
  await withTransaction(pool, async (client) => {
    await client.query('select sluice.begin_write()');
    await client.query(
      `insert into staged_resources (line, type, id, deleted, splice, head, patients)
       select n, $1, id, body = '', 'none', body, '{}'
         from unnest($2::text[], $3::text[]) with ordinality as t(id, body, n)`,
      [type, [...bodies.keys()], [...bodies.values()]],
    );
    await client.query('select sluice.merge_staged()');
  });
}

const documents = new Map(
  Object.entries(urls).map(([id, url]) => [
    id,
    `{"resourceType":"DocumentReference","id":"${id}","content":[{"attachment":{"url":"${url}"}}]}`,
  ]),
);

const namesOf = async (db: Queryable, id: string): Promise<string[]> =>
  (await findBinaryReferrers(db, id)).map(({ body }) => (JSON.parse(body) as { id: string }).id);

test.each(['stored before the index was there', 'stored with the index'])(
  'resources that name a Binary are found by it: %s',
  async (when) => {
    const isOlder = when.includes('before');
    await inEmptyDatabase(isOlder ? '0020-references' : undefined, async (pool, url) => {
      await store(pool, 'DocumentReference', documents);
      if (isOlder) await migrate(url);
      const all = ['absolute', 'escaped', 'relative', 'slashed', 'versioned'];
      expect((await namesOf(pool, 'b-1')).sort()).toEqual(all);
      expect(await namesOf(pool, 'b-2')).toEqual(['other']);
      expect(await namesOf(pool, 'b-3')).toEqual([]);
      // Versions that are not the newest, and what is deleted, name nothing.
      await store(
        pool,
        'DocumentReference',
        new Map([
          ['other', '{"resourceType":"DocumentReference","id":"other"}'],
          ['slashed', ''],
        ]),
      );
      expect(await namesOf(pool, 'b-2')).toEqual([]);
      expect(await namesOf(pool, 'b-1')).not.toContain('slashed');
      // A type that is stored for the first time has its index too.
      await store(pool, 'Media', new Map([['m', '{"id":"m","content":{"url":"Binary/b-9"}}']]));
      expect(await namesOf(pool, 'b-9')).toEqual(['m']);
    });
  },
  60_000,
);

test('they are found by the index, however many documents there are', async () => {
  await inEmptyDatabase(undefined, async (pool) => {
    const many = Array.from({ length: 20_000 }, (_, n): [string, string] => [
      `d${n}`,
      `{"id":"d${n}","content":[{"attachment":{"url":"Binary/b${n}"}}],"text":"${'x'.repeat(300)}"}`,
    ]);
    await store(pool, 'DocumentReference', new Map(many));
    await pool.query('analyze sluice.resources_documentreference_current');
    expect(await namesOf(pool, 'b777')).toEqual(['d777']);
    const explained: string[] = [];
    const db = {
      query: async (text: string) => {
        const { rows } = await pool.query<Record<string, string>>(`explain ${text}`);
        explained.push(...rows.map((row) => row['QUERY PLAN'] ?? ''));
        return { rows: [] };
      },
    };
    await findBinaryReferrers(db as unknown as Queryable, 'b777');
    const plan = explained.join('\n');
    expect(plan).toContain('resources_documentreference_binaries');
    expect(plan).not.toContain('Seq Scan on resources_documentreference_current');
  });
}, 60_000);
