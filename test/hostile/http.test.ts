import fc from 'fast-check';
import { hostileRequest, routes } from './generate/requests.ts';
import { HostileClient } from './hostile-client.ts';
import { HostileDeployment } from './hostile-deployment.ts';
import { ProcessWatch } from './process-watch.ts';
import { readRunSize } from './run-size.ts';
import { checkLog } from '../support/log-secrets.ts';
import { waitFor } from '../support/wait-for.ts';

const { seed, requests } = readRunSize();
const perBatch = 50;
/** CPU time that no request may take, in seconds. */
const mostCpu = 1;
/** What may be resident more at the end of a run than after its first tenth, in MB. */
const mostGrowth = 96;
const mostFaults = 20;

let hostile: HostileDeployment;
let client: HostileClient;

beforeAll(async () => {
  hostile = await HostileDeployment.create();
  client = new HostileClient(hostile);
}, 120_000);
afterAll(async () => {
  await hostile.drop();
}, 120_000);

function checkLogs(): void {
  for (const { api } of hostile.targets) checkLog(api.log(), hostile.smart.deployment.env);
}

async function residentMegabytes(): Promise<number[]> {
  const watches = hostile.targets.map(({ api }) => new ProcessWatch(api.pid));
  return await Promise.all(watches.map((watch) => watch.residentMegabytes()));
}

test(
  'no request brings an API down, is answered 5xx, takes a second of CPU or leaves memory behind',
  async () => {
    const faults: string[] = [];
    let early: number[] = [];
    const batches = Math.ceil(requests / perBatch);
    for (let n = 0; n < batches && faults.length < mostFaults; n += 1) {
      const batch = fc.sample(hostileRequest, { seed: seed + n, numRuns: perBatch });
      const before = await client.cpuSeconds();
      faults.push(...(await client.sendAll(batch)));
      const seconds = (await client.cpuSeconds()) - before;
      if (seconds > mostCpu) faults.push(...(await client.findSlow(batch, mostCpu)));
      // Often enough for what is kept of a log.
      if (n % 20 === 0) checkLogs();
      if (n === Math.floor(batches / 10)) early = await residentMegabytes();
    }
    checkLogs();
    expect(faults.join('\n\n')).toBe('');
    const late = await residentMegabytes();
    process.stderr.write(`resident, in MB: ${early.join(', ')}; at the end ${late.join(', ')}\n`);
    late.forEach((now, n) => expect(now).toBeLessThan((early[n] ?? 0) + mostGrowth));
    for (const { cgroup } of hostile.targets) expect((await cgroup?.countKills()) ?? 0).toBe(0);
  },
  24 * 3600_000,
);

test('the requests reached every route, and were not only refused', () => {
  const counts = [...client.answers].map(([route, byStatus]) => {
    const list = [...byStatus].sort(([a], [b]) => a - b);
    return `${route}: ${list.map(([status, count]) => `${status} × ${count}`).join(', ')}`;
  });
  process.stderr.write(`${counts.join('\n')}\n`);
  const isGood = (status: number): boolean => status >= 200 && status < 400;
  const open = [...client.answers].filter(([, byStatus]) => [...byStatus.keys()].some(isGood));
  const all = Object.keys(routes).filter(
    (route) => !['nowhere', '/auth/authorize'].includes(route),
  );
  // A short run need not find the way to each.
  const least = requests >= 10_000 ? all.length : all.length / 2;
  expect(open.filter(([route]) => all.includes(route)).length).toBeGreaterThanOrEqual(least);
});

test('every export that was accepted comes to an end, and none failed', async () => {
  const { deployment } = hostile.smart;
  const countIn = async (states: readonly string[]): Promise<number> =>
    (await deployment.query('select 1 from sluice.exports where state = any ($1)', [states]))
      .length;
  const isOver = async (): Promise<boolean> =>
    (await countIn(['accepted', 'planning', 'running'])) === 0;
  await waitFor(isOver, { timeoutMs: 240_000, what: 'no export is active' });
  expect(await countIn(['failed'])).toBe(0);
}, 300_000);
