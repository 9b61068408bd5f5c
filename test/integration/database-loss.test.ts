import { Deployment } from '../support/deployment.ts';
import { begin, finished } from '../support/export-client.ts';
import { waitFor } from '../support/wait-for.ts';

/** Ends every connection that the API and the workers hold, as a restart of Postgres would. */
const cutConnections = `select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and application_name like 'sluice-%' and application_name <> 'sluice-test'`;

test('connections cut in the middle of an export cost neither a process nor a resource', async () => {
  const sluice = await Deployment.create({ PART_RESOURCES: '2000', PART_LEASE: '2s' });
  try {
    await sluice.query(
      `begin;
       select sluice.begin_write();
       insert into staged_resources (line, type, id, deleted, splice, version_id, last_updated, head, patients)
       select n, 'Observation', 'o' || n, false, 'none', '1', now(),
              '{"resourceType":"Observation","id":"o' || n || '","note":"' || repeat(md5(n::text), 20) || '"}', array[]::text[]
         from generate_series(1, 60000) n;
       select sluice.merge_staged();
       commit`,
    );
    const { api, base } = await sluice.startApi();
    const worker = await sluice.startWorker();
    const url = await begin(base);
    const id = url.split('/').at(-1) ?? '';
    for (let cut = 0; cut < 3; cut += 1) {
      await waitFor(async () => (await sluice.countCopies()) > 0 || (await isOver(sluice, id)), {
        what: 'a part is read',
      });
      await sluice.query(cutConnections);
    }
    const manifest = await finished(url, 60_000);
    expect(manifest.output.reduce((sum, { count }) => sum + count, 0)).toBe(60_000);
    expect((await fetch(`${api.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${worker.url}/healthz`)).status).toBe(200);
  } finally {
    await sluice.drop();
  }
}, 90_000);

async function isOver(sluice: Deployment, id: string): Promise<boolean> {
  return ['completed', 'failed'].includes((await sluice.stateOf(id)) ?? '');
}
