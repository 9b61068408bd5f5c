import { execFile } from 'node:child_process';
import { chmod, chown, copyFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres, type EmbeddedPostgres } from '@sluice/embedded';
import { createPool, migrate, type Pool } from '@sluice/postgres';
import { Deployment } from '../support/deployment.ts';
import { download, linesOf, runExport, type Manifest } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A primary and a streaming replica of it, as two servers of this machine. */
let replica: EmbeddedPostgres;
let primaryPool: Pool;
let replicaPool: Pool;
let deployment: Deployment;
let base: string;
/** What is to be ended when the tests are over, last one first. */
const ends: (() => Promise<unknown>)[] = [];

const replication = { wal_level: 'replica', max_wal_senders: '4', shared_buffers: '64MB' };

beforeAll(async () => {
  const [primaryDir, replicaDir] = [await tempFolder('primary'), await tempFolder('replica')];
  for (const folder of [primaryDir, replicaDir]) await chmod(folder, 0o711);
  const primary = await startPostgres({ dataDir: primaryDir, settings: replication });
  ends.push(() => primary.stop());
  primaryPool = createPool(primary.url, { max: 4 });
  ends.push(() => primaryPool.end());
  await migrate(primary.url);
  await storeSampleData(primaryPool, [
    { type: 'Patient', count: 100, bytes: 400 },
    { type: 'Observation', count: 20_000, bytes: 600 },
  ]);
  await copyCluster(primaryPool, primaryDir, replicaDir);
  const { port, password, username } = new URL(primary.url);
  replica = await startPostgres({
    dataDir: replicaDir,
    settings: {
      ...replication,
      primary_conninfo: `host=127.0.0.1 port=${port} user=${username} password=${password}`,
    },
  });
  ends.push(() => replica.stop());
  replicaPool = createPool(replica.url, { max: 4 });

  deployment = await Deployment.create({
    DATABASE_URL: primary.url,
    DATABASE_READ_URL: replica.url,
    PART_RESOURCES: '2000',
    HOUSEKEEPING_INTERVAL: '500ms',
  });
  ends.push(() => deployment.drop());
  ({ base } = await deployment.startApi());
}, 120_000);

afterAll(async () => {
  for (const end of ends.toReversed()) await end();
});

/** A base backup without pg_basebackup, which does not come with the embedded servers. */
async function copyCluster(pool: Pool, from: string, to: string): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query(`select pg_backup_start('replica', true)`);
    // With its owner, which fs.cp does not keep: Postgres may run as another user than the tests.
    await promisify(execFile)('cp', ['-a', join(from, 'postgres'), join(to, 'postgres')]);
    await rm(join(to, 'postgres', 'postmaster.pid'));
    const { rows } = await client.query<{ labelfile: string }>('select * from pg_backup_stop()');
    const { uid, gid } = await stat(join(from, 'postgres'));
    for (const [name, text] of [
      ['backup_label', rows[0]?.labelfile ?? ''],
      ['standby.signal', ''],
    ] as const) {
      await writeFile(join(to, 'postgres', name), text);
      await chown(join(to, 'postgres', name), uid, gid);
    }
    await copyFile(join(from, 'postgres-password'), join(to, 'postgres-password'));
  } finally {
    client.release();
  }
}

async function idsOf({ output }: Manifest): Promise<string[]> {
  const ids: string[] = [];
  for (const item of output) {
    for (const line of linesOf(await download(item))) {
      ids.push((JSON.parse(line) as { id: string }).id);
    }
  }
  return ids;
}

/** How many connections of the worker have a COPY as their last statement on the replica. */
async function readsOnReplica(): Promise<number> {
  const { rows } = await replicaPool.query<{ n: number }>(
    `select count(*)::int as n from pg_stat_activity
      where application_name like 'sluice-worker %' and query like 'begin read only;%copy (%'`,
  );
  return rows[0]?.n ?? 0;
}

/** Stores one more Observation of patient-1, in its own transaction. */
async function storeAnother(n: number): Promise<string> {
  const id = `later-${n}`;
  const client = await primaryPool.connect();
  try {
    await client.query('begin');
    await client.query('select sluice.begin_write()');
    await client.query(
      `insert into staged_resources (line, type, id, deleted, splice, head, tail, patients)
       values (1, 'Observation', $1, false, 'none', $2, null, '{patient-1}')`,
      [id, JSON.stringify({ resourceType: 'Observation', id })],
    );
    await client.query('select sluice.merge_staged()');
    await client.query('commit');
  } finally {
    client.release();
  }
  return id;
}

test('parts are read from the replica, with what was committed just before', async () => {
  const worker = await deployment.startWorker();
  const id = await storeAnother(1);
  const ids = await idsOf(await runExport(base, '/$export?_type=Observation'));
  expect(new Set(ids).size).toBe(20_001);
  expect(ids).toContain(id);
  expect(await readsOnReplica()).toBeGreaterThan(0);
  expect(worker.log()).not.toMatch(/read from the primary/);

  const ofOne = { resourceType: 'Parameters', parameter: [patient('patient-1')] } as const;
  expect(await idsOf(await runExport(base, '/Patient/$export?_type=Observation', ofOne))).toContain(
    id,
  );
  await worker.stop();
}, 60_000);

const patient = (id: string): object => ({
  name: 'patient',
  valueReference: { reference: `Patient/${id}` },
});

test('a replica that does not catch up is passed over, and nothing is missing', async () => {
  const worker = await deployment.startWorker();
  await replicaPool.query('select pg_wal_replay_pause()');
  try {
    const id = await storeAnother(2);
    const ids = await idsOf(await runExport(base, '/$export?_type=Observation'));
    expect(new Set(ids).size).toBe(20_002);
    expect(ids).toContain(id);
    expect(worker.log()).toMatch(/the replica lags, the part is read from the primary/);
  } finally {
    await replicaPool.query('select pg_wal_replay_resume()');
  }
  await worker.stop();
}, 60_000);

test('something that is no replica is refused at the start', async () => {
  const wrong = `DATABASE_READ_URL is database sluice_test_[0-9a-f]+ of system [0-9]+, DATABASE_URL is database sluice of system [0-9]+; accepted: a replica of the same database`;
  await expect(
    deployment.startWorker({ DATABASE_READ_URL: deployment.database.url }),
  ).rejects.toThrow(new RegExp(wrong));
});

test('a replica that has gone away is done without', async () => {
  const worker = await deployment.startWorker();
  await replicaPool.end();
  await replica.stop();
  const ids = await idsOf(await runExport(base, '/$export?_type=Observation'));
  expect(new Set(ids).size).toBe(20_002);
  expect(worker.log()).toMatch(/the replica fails, the part is read from the primary/);
  await worker.stop();
}, 60_000);
