import { randomBytes } from 'node:crypto';
import { Deployment } from '../support/deployment.ts';
import { kickOff } from '../support/export-client.ts';
import { OwnRedis } from '../support/own-redis.ts';
import { waitFor } from '../support/wait-for.ts';

/* Servers that answer and refuse to write: kick-offs are answered 503, and /readyz says why. */

const role = `sluice_api_${randomBytes(4).toString('hex')}`;
let redis: OwnRedis;
let sluice: Deployment;
let api: Awaited<ReturnType<Deployment['startApi']>>['api'];
let base: string;

beforeAll(async () => {
  redis = await OwnRedis.start();
  sluice = await Deployment.create({ REDIS_URL: redis.url });
  ({ api, base } = await sluice.startApi({ DATABASE_URL: await createRole() }));
}, 60_000);

afterAll(async () => {
  await sluice.query(`drop owned by ${role}; drop role ${role}`);
  await sluice.drop();
  await redis.stop();
});

test.each([
  {
    what: 'a Redis that is full',
    refuse: () => redis.client.config('SET', 'maxmemory', '1'),
    allow: () => redis.client.config('SET', 'maxmemory', '0'),
    checks: { redis: 'unavailable: Redis is full (maxmemory)', postgres: 'ok' },
    says: 'OOM',
  },
  {
    what: 'a Redis that is a replica',
    refuse: () => redis.client.replicaof('127.0.0.1', '1'),
    allow: () => redis.client.replicaof('NO', 'ONE'),
    checks: { redis: 'unavailable: Redis takes no writes: it is a replica', postgres: 'ok' },
    says: 'READONLY',
  },
  {
    what: 'a Postgres that is read-only',
    refuse: () => setRole('set default_transaction_read_only = on'),
    allow: () => setRole('reset default_transaction_read_only'),
    checks: {
      redis: 'ok',
      postgres:
        'unavailable: the server takes no writes: a standby, or a primary that is being replaced',
    },
    says: '25006',
  },
  {
    what: 'a Postgres that has no connections left',
    refuse: () => setRole('connection limit 0'),
    allow: () => setRole('connection limit -1'),
    checks: {
      redis: 'ok',
      postgres: 'unavailable: the server is out of disk, memory or connections',
    },
    says: '53300',
  },
])('$what', async ({ refuse, allow, checks, says }) => {
  await refuse();
  try {
    const answer = await kickOff(base, '/$export');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
    const ready = await fetch(`${api.url}/readyz`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({ checks });
    expect(api.log()).toContain(says);
  } finally {
    await allow();
  }
  await waitFor(async () => (await fetch(`${api.url}/readyz`)).status === 200);
});

/** A role of the API's own: limits do not hold for a superuser, which the tests are. */
async function createRole(): Promise<string> {
  await sluice.query(
    `do $$ begin
       create role ${role} login password 'secret';
       grant usage on schema sluice to ${role};
       grant select, insert, update, delete on all tables in schema sluice to ${role};
       grant usage on all sequences in schema sluice to ${role};
     end $$`,
  );
  const url = new URL(sluice.database.serviceUrl);
  url.username = role;
  url.password = 'secret';
  return url.href;
}

/** Changes the API's role for sessions to come, and ends those there are. */
async function setRole(setting: string): Promise<void> {
  await sluice.query(`alter role ${role} ${setting}`);
  await sluice.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [
    role,
  ]);
}
