import type { Export, KickOff } from '@sluice/export';
import { rangeEnd } from '@sluice/export';
import { partRead, withTransaction, type PlannedPart, type Pool } from '@sluice/postgres';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { storeSampleData } from '../support/sample-data.ts';

const exportId = '00000000-0000-4000-8000-000000000001';
const [low, high] = [20_000, 30_000];
/** The instant after which a twentieth of the Observations changed: sample data is stamped second by second. */
const since = new Date(Date.UTC(2024, 0, 1) + 76_000 * 1000).toISOString();

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  await storeSampleData(database.pool, [
    { type: 'Patient', count: 1000, bytes: 600 },
    { type: 'Observation', count: 80_000, bytes: 600 },
    { type: 'Encounter', count: 20_000, bytes: 600 },
  ]);
  // A past for the planner to pass by: longer bodies are new versions.
  await storeSampleData(database.pool, [{ type: 'Observation', count: 20_000, bytes: 700 }]);
  const { pool } = database;
  await storeProvenance(pool);
  await pool.query(
    `insert into sluice.exports (id, kick_off, subject, folder, transaction_time)
     values ($1, '{}', 'anonymous', 'f', clock_timestamp())`,
    [exportId],
  );
  await pool.query(
    `insert into sluice.export_members (export_id, ordinal, patient, present)
     select $1, n, 'patient-' || n, true from generate_series(0, 49) n`,
    [exportId],
  );
}, 60_000);
afterAll(() => database.drop());

/** A few Provenance with many targets, of which the planner knows nothing. */
async function storeProvenance(pool: Pool): Promise<void> {
  await withTransaction(pool, async (client) => {
    await client.query('select sluice.begin_write()');
    await client.query(
      `insert into staged_resources (line, type, id, deleted, splice, head, patients, targets, recorded)
       select n, 'Provenance', 'provenance-' || n, false, 'none', '{}', '{}',
              array(select 'Observation/observation-' || n * 3000 + t from generate_series(1, 3000) t), now()
         from generate_series(0, 9) n`,
    );
    await client.query('select sluice.merge_staged()');
  });
  await pool.query('alter table sluice.provenance_targets set (autovacuum_enabled = off)');
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly Plans?: readonly PlanNode[];
}

async function planOf(kickOff: Partial<KickOff>, part: Partial<PlannedPart>): Promise<PlanNode[]> {
  const of: Export = {
    id: exportId,
    state: 'running',
    kickOff: {
      level: 'system',
      request: '',
      baseUrl: 'http://x/fhir',
      outputFormat: 'ndjson',
      lenient: false,
      notices: [],
      ...kickOff,
    },
    subject: 'anonymous',
    requestedAt: '',
    transactionTime: new Date().toISOString(),
    settled: true,
    folder: 'f',
    partsTotal: 1,
    partsCompleted: 0,
    stageEnds: [],
    hasJoinedMembers: false,
    resourcesEstimated: 0,
  };
  const range = { rangeFrom: 0, rangeTo: rangeEnd };
  const planned = {
    number: 1,
    kind: 'output',
    type: 'Observation',
    access: 'range',
    attachments: false,
    ...range,
  } as const;
  const read = partRead(
    of,
    { ...planned, ...part },
    { sinceBasis: 'last-updated', sinceContext: 'obey' },
  );
  const client = await database.pool.connect();
  try {
    await client.query(`begin read only; ${read.settings}`);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `explain (format json) ${read.query}`,
    );
    await client.query('rollback');
    return nodesOf(rows[0]?.['QUERY PLAN'][0].Plan);
  } finally {
    client.release();
  }
}

function nodesOf(node: PlanNode | undefined): PlanNode[] {
  return node ? [node, ...(node.Plans ?? []).flatMap(nodesOf)] : [];
}

type Case = [title: string, kickOff: Partial<KickOff>, part: Partial<PlannedPart>];

const group = { level: 'group', groupId: 'g' } as const;
const slice = { rangeFrom: low, rangeTo: high };
const sinceMicros = Date.parse(since) * 1000;

/** Long reads: rows flow from an index in the order of the output. */
const streaming: Case[] = [
  ['a range of a system export', {}, slice],
  ['all of a type', {}, {}],
  ['a range at patient level', { level: 'patient' }, slice],
  ['a range at group level', group, slice],
];
/** Reads of few rows, which may be sorted. */
const narrow: Case[] = [
  ['a slice of members', group, { access: 'members', rangeFrom: 0, rangeTo: 10 }],
  ['what members share', group, { access: 'shared' }],
  ['changes', { since }, { access: 'changes', rangeTo: sinceMicros + 2_000_000_000 }],
  ['changes at group level', { ...group, since }, { access: 'changes' }],
  ['deletions', { since }, { kind: 'deleted' }],
  ['deletions of members', { ...group, since }, { kind: 'deleted', access: 'members' }],
  ['deletions of what they share', { ...group, since }, { kind: 'deleted', access: 'shared' }],
];

const leaves = ['resources_observation_current', 'resources_observation_history'];
const stored = (node: PlanNode): boolean =>
  node['Relation Name']?.startsWith('resources_') ?? false;

test.each([...streaming, ...narrow])(
  'reading %s touches its own type alone, by an index',
  async (_title, kickOff, part) => {
    const tables = (await planOf(kickOff, part)).filter(stored);
    expect(tables.length).toBeGreaterThan(0);
    for (const node of tables) {
      expect(leaves).toContain(node['Relation Name']);
      expect(node['Node Type']).not.toBe('Seq Scan');
    }
  },
);

test.each(streaming)('reading %s sorts nothing', async (_title, kickOff, part) => {
  const types = (await planOf(kickOff, part)).map((node) => node['Node Type']);
  expect(types).toContain('Merge Append');
  expect(types.filter((type) => type.includes('Sort'))).toEqual([]);
});

const associated = { provenance: 'latest' } as const;
const byAge = 'resources_observation_current_last_updated_idx';
const byId = 'resources_observation_current_id_idx';

test.each<[string, Partial<KickOff>, Partial<PlannedPart>, string]>([
  ['of a Group', group, {}, byId],
  ['of what was deleted in a Group', { ...group, since }, { kind: 'deleted' }, byId],
  ['of what is exported', { associated }, {}, byId],
  ['of what changed', { since, associated }, {}, byAge],
  ['of what changed in a Group', { ...group, since, associated }, {}, byAge],
])(
  'Provenance %s is found by indexes, though nothing is known of what it is about',
  async (_title, kickOff, part, index) => {
    const nodes = await planOf(kickOff, { type: 'Provenance', access: 'provenance', ...part });
    const isTargets = (node: PlanNode): boolean => node['Relation Name'] === 'provenance_targets';
    const read = nodes.filter((node) => stored(node) || isTargets(node));
    expect(read.filter(isTargets).length).toBeGreaterThan(0);
    expect(read.filter((node) => node['Node Type'] === 'Seq Scan')).toEqual([]);
    expect(nodes.flatMap((node) => node['Index Name'] ?? [])).toContain(index);
  },
);

test('changes are found by last_updated, and only they', async () => {
  const nodes = await planOf({ since }, { access: 'changes' });
  expect(nodes.flatMap((node) => node['Index Name'] ?? [])).toContain(
    'resources_observation_current_last_updated_idx',
  );
});

test('a plan that turns to a scan is noticed', async () => {
  await database.pool.query('drop index sluice.resources_observation_current_seq_idx');
  const types = (await planOf({}, slice)).filter(stored).map((node) => node['Node Type']);
  expect(types).toContain('Seq Scan');
});
