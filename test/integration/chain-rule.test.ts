import { randomInt } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { sqlState, withTransaction, type Client } from '@sluice/postgres';
import { Deployment } from '../support/deployment.ts';
import { begin } from '../support/export-client.ts';
import { waitFor } from '../support/wait-for.ts';

/*
 * The chain rule: an export at T1, then exports with _since of the one before, applied in order with
 * their deletions, equal the state at the last transactionTime; under writers that insert, update and
 * delete all the while, in transactions that are held open across T, or rolled back.
 *
 * What is compared with is not taken from the exports: after the last writer has ended, the store is
 * asked for the state at every T once more. Had anything been stored at or before a T after that T
 * was read, the two would differ.
 */

const rounds = 200;
const types = ['Patient', 'Observation', 'Encounter'] as const;
const ids = 40;

/** Type/id → line. */
type State = Map<string, string>;

let sluice: Deployment;
let base: string;

beforeAll(async () => {
  sluice = await Deployment.create({
    SETTLE_TIMEOUT: '150ms',
    PART_RESOURCES: '100',
    LOG_LEVEL: 'warn',
  });
  ({ base } = await sluice.startApi());
  await sluice.startWorker();
}, 60_000);

afterAll(async () => await sluice.drop());

test(`${rounds} chained exports under concurrent writers hold exactly the state at each transactionTime`, async () => {
  const writers = new AbortController();
  const counts = { committed: 0, rolledBack: 0, conflicts: 0 };
  const writing = Array.from({ length: 6 }, (_, n) => write(n, writers.signal, counts));
  const snapshots: { at: string; state: State }[] = [];
  const state: State = new Map();
  const pasts: { until: string; state: State }[] = [];
  const histories: { at: string; lines: string[] }[] = [];
  let movedBack = 0;
  try {
    for (let round = 0, since: string | undefined; round < rounds; round += 1) {
      const kickedOff = new Date();
      const done = await exportOnce(since === undefined ? '' : `_since=${since}`);
      // Of two instants the later one holds all that the earlier one does.
      expect({ round, at: done.at, fell: since !== undefined && done.at < since }).toEqual({
        round,
        at: done.at,
        fell: false,
      });
      if (Date.parse(done.at) < kickedOff.getTime() - 5) movedBack += 1;
      await apply(state, done.folder);
      snapshots.push({ at: done.at, state: new Map(state) });
      since = done.at;
      if (round % 8 === 7) pasts.push(...(await lookBack(snapshots)));
      if (round % 16 === 15) histories.push(await readHistory());
    }
  } finally {
    writers.abort();
    await Promise.all(writing);
  }
  for (const { at, state: exported } of snapshots) {
    expect({ at, state: [...exported].sort() }).toEqual({ at, state: await stateAt(at) });
  }
  for (const { until, state: exported } of pasts) {
    expect({ until, state: [...exported].sort() }).toEqual({ until, state: await stateAt(until) });
  }
  for (const { at, lines } of histories) expect({ at, lines }).toEqual(await historyAt(at));
  const last = await exportOnce(`_since=${snapshots.at(-1)?.at}`);
  await apply(state, last.folder);
  expect([...state].sort()).toEqual(await present());
  // The rounds mean something only if the writers got in the way.
  expect(counts.committed).toBeGreaterThan(rounds);
  expect(counts.rolledBack).toBeGreaterThan(0);
  expect(movedBack).toBeGreaterThan(0);
}, 280_000);

/** Writes at random until it is told to stop; one writer in three keeps its transactions open. */
async function write(
  n: number,
  signal: AbortSignal,
  counts: { committed: number; rolledBack: number; conflicts: number },
): Promise<void> {
  const slow = n % 3 === 0;
  while (!signal.aborted) {
    try {
      await withTransaction(sluice.database.pool, async (client) => {
        for (let i = randomInt(1, slow ? 6 : 3); i > 0; i -= 1) {
          await change(client);
          if (slow) await pause(randomInt(0, 150));
        }
        if (randomInt(8) === 0) throw new RolledBack();
      });
      counts.committed += 1;
    } catch (error) {
      if (error instanceof RolledBack) counts.rolledBack += 1;
      else if (['40001', '40P01', '23505'].includes(sqlState(error))) counts.conflicts += 1;
      else throw error;
    }
    await pause(randomInt(0, slow ? 20 : 8));
  }
}

class RolledBack extends Error {}

/** One change by the writers' contract. */
async function change(client: Client): Promise<void> {
  const type = types[randomInt(types.length)] ?? 'Patient';
  const id = `r${randomInt(ids)}`;
  const deleted = randomInt(5) === 0;
  const head = `{"resourceType":"${type}","id":"${id}","n":${randomInt(1e9)}.0,"meta":{`;
  await client.query('select sluice.begin_write()');
  await client.query(
    `insert into staged_resources (line, type, id, deleted, splice, head, tail, patients)
     values (1, $1, $2, $3, $4, $5, $6, array[$2])`,
    deleted
      ? [type, id, true, 'none', '', null]
      : [type, id, false, 'version-and-last-updated', head, '}}'],
  );
  await client.query('select sluice.merge_staged()');
}

/** The state at an earlier T, once from nothing and once from a state before it. */
async function lookBack(
  snapshots: readonly { at: string; state: State }[],
): Promise<{ until: string; state: State }[]> {
  const to = snapshots[randomInt(snapshots.length)];
  if (!to) throw new Error('there are no snapshots');
  // T may have moved back to the T of the export before.
  const earlier = snapshots.filter(({ at }) => at < to.at);
  const from = earlier[randomInt(Math.max(earlier.length, 1))];
  const whole: State = new Map();
  await apply(whole, (await exportOnce(`_until=${to.at}`)).folder);
  if (!from) return [{ until: to.at, state: whole }];
  const windowed = new Map(from.state);
  await apply(windowed, (await exportOnce(`_since=${from.at}&_until=${to.at}`)).folder);
  return [
    { until: to.at, state: whole },
    { until: to.at, state: windowed },
  ];
}

/** Every version that an export with `_history` tells of. */
async function readHistory(): Promise<{ at: string; lines: string[] }> {
  const { at, folder } = await exportOnce('includeAssociatedData=_history');
  const lines: string[] = [];
  for (const name of await readdir(folder)) {
    lines.push(...(await readFile(join(folder, name), 'utf8')).split('\n').filter(Boolean));
  }
  return { at, lines: lines.sort() };
}

async function historyAt(at: string): Promise<{ at: string; lines: string[] }> {
  const rows = await sluice.query<{ body: string }>(
    'select body from sluice.resources where stored_at <= $1::timestamptz and not deleted',
    [at],
  );
  return { at, lines: rows.map(({ body }) => body).sort() };
}

/** Runs one export and gives its transactionTime and the folder of its files. */
async function exportOnce(query: string): Promise<{ at: string; folder: string }> {
  const url = await begin(base, query === '' ? '/$export' : `/$export?${query}`);
  const id = url.split('/').at(-1) ?? '';
  await waitFor(async () => ['completed', 'failed'].includes((await sluice.stateOf(id)) ?? ''), {
    timeoutMs: 20_000,
    what: `export ${id} is over`,
  });
  const answer = await fetch(url);
  const text = await answer.text();
  expect([answer.status, text]).toEqual([200, expect.any(String)]);
  const folder = (await readdir(sluice.files)).find((name) => name.endsWith(`_${id}`)) ?? '';
  return {
    at: (JSON.parse(text) as { transactionTime: string }).transactionTime,
    folder: join(sluice.files, folder),
  };
}

/** Applies the files of an export as a client does: what is new, then what is deleted. */
async function apply(state: State, folder: string): Promise<void> {
  const seen = new Set<string>();
  for (const name of (await readdir(folder)).sort()) {
    const lines = (await readFile(join(folder, name), 'utf8')).split('\n').filter(Boolean);
    for (const line of lines) {
      const { resourceType, id, entry } = JSON.parse(line) as Line;
      const keys = entry ? entry.map((e) => e.request.url) : [`${resourceType}/${id}`];
      for (const key of keys) {
        // Once in an export, be it as a resource or as a deletion.
        expect(seen).not.toContain(key);
        seen.add(key);
        if (entry) state.delete(key);
        else state.set(key, line);
      }
    }
  }
}

interface Line {
  resourceType: string;
  id: string;
  entry?: { request: { url: string } }[];
}

async function stateAt(at: string): Promise<[string, string][]> {
  return await entries(
    `select type, id, body from sluice.resources
      where stored_at <= $1::timestamptz and superseded_at > $1::timestamptz and not deleted`,
    [at],
  );
}

async function present(): Promise<[string, string][]> {
  return await entries('select type, id, body from sluice.current_resources', []);
}

async function entries(text: string, values: unknown[]): Promise<[string, string][]> {
  const rows = await sluice.query<{ type: string; id: string; body: string }>(text, values);
  return rows.map((row): [string, string] => [`${row.type}/${row.id}`, row.body]).sort();
}
