import { withTransaction, type Client } from '@sluice/postgres';
import { Deployment } from '../support/deployment.ts';
import { downloadLines, runExport } from '../support/export-client.ts';

/*
 * transactionTime never falls, whatever writers do: interleavings made by hand, each of which has
 * let it fall or has let something be stored at or before it.
 */

let sluice: Deployment;
let base: string;

beforeAll(async () => {
  sluice = await Deployment.create({ SETTLE_TIMEOUT: '100ms', LOG_LEVEL: 'warn' });
  ({ base } = await sluice.startApi());
  await sluice.startWorker();
}, 60_000);

afterAll(async () => await sluice.drop());

test('a writer that began before an export, and locks after it, does not move the next one behind it', async () => {
  await inTransaction(async (late) => {
    // Begun, and invisible: it holds no lock yet.
    await late.query('select 1');
    await inTransaction((client) => store(client, 'early'));
    const first = await exportIds();
    expect(first.ids).toEqual(['early']);

    await store(late, 'late');
    const second = await exportIds();
    expect(second.at >= first.at).toBe(true);
    expect(second.ids).toEqual(['early']);
  });
  expect((await exportIds()).ids).toEqual(['early', 'late']);
});

test('a writer that is still open moves the next export back no further than to the one before', async () => {
  const before = await exportIds();
  await inTransaction(async (open) => {
    await store(open, 'open');
    const first = await exportIds();
    expect(first.ids).toEqual(before.ids);
    const second = await exportIds();
    expect([first.at >= before.at, second.at >= first.at]).toEqual([true, true]);
    expect(second.ids).toEqual(before.ids);
  });
  expect((await exportIds()).ids).toEqual([...before.ids, 'open'].sort());
});

test('a clock that steps back, as at a failover, stores nothing at or before a transactionTime', async () => {
  const [ahead] = await sluice.query<{ at: string }>(
    `update sluice.settled_time set newest = ahead, stamps_after = ahead
       from date_trunc('milliseconds', clock_timestamp() + interval '1 hour') as ahead
     returning sluice.instant(ahead) as at`,
  );
  await inTransaction((client) => store(client, 'behind'));
  const [behind] = await sluice.query<{ at: string }>(
    `select sluice.instant(stored_at) as at from sluice.resources where id = 'behind'`,
  );
  expect((behind?.at ?? '') > (ahead?.at ?? '')).toBe(true);
  const first = await exportIds();
  expect(first.at > (ahead?.at ?? '')).toBe(true);
  expect(first.ids).toContain('behind');

  await inTransaction((client) => store(client, 'behind-again'));
  const second = await exportIds();
  expect(second.at > first.at).toBe(true);
  expect(second.ids).toEqual([...first.ids, 'behind-again'].sort());
});

/** Runs one export; its transactionTime and the ids it holds. */
async function exportIds(): Promise<{ at: string; ids: string[] }> {
  const manifest = await runExport(base);
  const lines = await downloadLines(manifest.output);
  const ids = lines.map((line) => (JSON.parse(line) as { id: string }).id);
  return { at: manifest.transactionTime, ids: ids.sort() };
}

async function inTransaction(work: (client: Client) => Promise<void>): Promise<void> {
  await withTransaction(sluice.database.pool, work);
}

/** Stores a Patient by the writers' contract. */
async function store(client: Client, id: string): Promise<void> {
  await client.query('select sluice.begin_write()');
  await client.query(
    `insert into staged_resources (line, type, id, deleted, splice, head, tail, patients)
     values (1, 'Patient', $1, false, 'version-and-last-updated', $2, '}}', array[$1])`,
    [id, `{"resourceType":"Patient","id":"${id}","meta":{`],
  );
  await client.query('select sluice.merge_staged()');
}
