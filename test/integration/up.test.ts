import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort, removeDataDir } from '@sluice/embedded';
import { startSluice, type RunningCommand } from './cli-command.ts';

jest.setTimeout(180_000);

let folder: string;
let dataDir: string;
let port: number;
const commands: RunningCommand[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-up-'));
  dataDir = join(folder, 'data');
  port = await freePort();
});

afterEach(async () => {
  for (const { child, ended } of commands.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  }
  await removeDataDir(dataDir);
  await rm(folder, { recursive: true, force: true });
});

function startUp(): RunningCommand {
  const up = startSluice(['up', '--port', String(port), '--data-dir', dataDir]);
  commands.push(up);
  return up;
}

async function ready(up: RunningCommand): Promise<void> {
  const [, url] = await up.says(/^Sluice is ready at (.*)$/m);
  expect(url).toBe(`http://127.0.0.1:${port}/fhir`);
}

/** Process ids by name, as they were told at the start. */
function pidsOf(up: RunningCommand): Map<string, number> {
  const told = up.output().matchAll(/^(\w+(?: \d+)?) \(process (\d+)\) started$/gm);
  return new Map([...told].map(([, name, pid]) => [name ?? '', Number(pid)]));
}

async function metadataStatus(): Promise<number> {
  return (await fetch(`http://127.0.0.1:${port}/fhir/metadata`)).status;
}

async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await wait(50)) {
    if (Date.now() > end) throw new Error(`not within 30 s: ${what}`);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a second up on one data directory says that it is running, and where', async () => {
  const first = startUp();
  await ready(first);
  const second = startUp();
  const { code, stderr } = await second.ended;
  expect(code).toBe(3);
  expect(stderr).toContain(`http://127.0.0.1:${port}/fhir`);
  expect(await metadataStatus()).toBe(200);
});

test('a program that takes the port meanwhile is not taken for the API, however well it answers', async () => {
  const other = createServer((_request, response) => response.end('ready'));
  const up = startUp();
  try {
    await up.says(/postgres \(process \d+\) started/);
    await once(other.listen(port, '127.0.0.1'), 'listening');
    const { code, stdout, stderr } = await up.ended;
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port} of 127.0.0.1 is in use by another program`);
    expect(stdout).not.toContain('is ready');
  } finally {
    await new Promise((resolve) => other.close(resolve));
  }
});

test('an API and a worker that are killed are started again, and it is said', async () => {
  const up = startUp();
  await ready(up);
  for (const name of ['api', 'worker 1']) {
    const pid = pidsOf(up).get(name);
    expect(pid).toBeGreaterThan(0);
    const before = up.output().length;
    process.kill(pid ?? 0, 'SIGKILL');
    await up.says(new RegExp(`${name} \\(process ${pid}\\) died: SIGKILL`), before);
    await up.says(new RegExp(`${name} \\(process \\d+\\) was started again`), before);
  }
  expect(await metadataStatus()).toBe(200);
});

test('SIGTERM stops everything and frees the data directory', async () => {
  const up = startUp();
  await ready(up);
  const pids = [...pidsOf(up).values()];
  expect(pids.length).toBeGreaterThanOrEqual(3);
  up.child.kill('SIGTERM');
  const { code, stdout } = await up.ended;
  expect([code, stdout.includes('Stopped.')]).toEqual([0, true]);
  expect(pids.filter(isAlive)).toEqual([]);
});

test('when up itself is killed no server survives, and the next up starts', async () => {
  const killed = startUp();
  await ready(killed);
  const pids = [...pidsOf(killed).values()];
  killed.child.kill('SIGKILL');
  await killed.ended;
  await until('all servers have ended', () => pids.filter(isAlive).length === 0);
  await ready(startUp());
  expect(await metadataStatus()).toBe(200);
});
