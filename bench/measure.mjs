import { spawn } from 'node:child_process';
import { open, rm } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** Runs a program to its end and gives its standard output. */
export async function run(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options });
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${code}`);
  return output;
}

/** Runs a shell command; its standard output. */
export async function shell(command, env = {}) {
  const options = { env: { ...process.env, ...env } };
  return (await run('bash', ['-o', 'pipefail', '-c', command], options)).trim();
}

/** Seconds that some work takes. */
export async function timed(work) {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

/**
 * Clients with a loopback address each, so that the limit on polls of one client does not blur the
 * figures. Where there is but 127.0.0.1 (not Linux) all share it, and polls are coarser.
 */
export const clients =
  process.platform === 'linux'
    ? Array.from({ length: 200 }, (_, i) => client(`127.0.9.${i + 1}`))
    : [client(undefined)];

function client(localAddress) {
  return new http.Agent({ keepAlive: true, maxSockets: 1, ...(localAddress && { localAddress }) });
}

/** One request; its status, headers, text and how many ms it took. */
export async function ask(url, agent = clients[0], headers = {}, method = 'GET') {
  const begun = performance.now();
  return await new Promise((resolve, reject) => {
    const req = http.request(url, { agent, headers, method }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => (text += chunk));
      res.on('error', reject);
      res.on('end', () => {
        const ms = performance.now() - begun;
        resolve({ status: res.statusCode, headers: res.headers, text, ms });
      });
    });
    req.on('error', reject);
    req.end();
  });
}

/** What a kick-off has to say. */
export const kickOffHeaders = { accept: 'application/fhir+json', prefer: 'respond-async' };

/**
 * One export as a client sees it: from the kick-off's 202 to the manifest's 200, found by polls at
 * a fiftieth of the time that has passed, 8 ms at least. `onAccepted` is told the status URL.
 */
export async function timeExport(base, path, onAccepted = () => undefined) {
  const kickOff = await ask(base + path, clients[0], kickOffHeaders);
  const begun = performance.now();
  if (kickOff.status !== 202) throw new Error(`kick-off: ${kickOff.status} ${kickOff.text}`);
  const url = kickOff.headers['content-location'];
  onAccepted(url);
  for (let polls = 1; ; polls += 1) {
    const elapsed = performance.now() - begun;
    const poll = await ask(url, clients[polls % clients.length]);
    if (poll.status === 200) {
      const seconds = (performance.now() - begun) / 1000;
      return { seconds, manifest: JSON.parse(poll.text), url };
    }
    if (poll.status !== 202 && poll.status !== 429)
      throw new Error(`status: ${poll.status} ${poll.text}`);
    await pause(clients.length > 1 ? Math.max(8, elapsed / 50) : 110);
  }
}

/** Removes an export and waits until that is nobody's work any more. */
export async function remove({ url }) {
  await ask(url, clients[0], {}, 'DELETE');
  await pause(250);
  await quietDisk();
}

/** Where the files of exports lie; set by whoever opens a store. */
export const disk = { folder: tmpdir() };

/**
 * Waits (10 s at most) until the disk is done with what was removed: where a file system trims freed
 * blocks, it does so for seconds after a gigabyte is gone, and whoever syncs then waits for it.
 */
async function quietDisk() {
  const name = join(disk.folder, 'disk-probe');
  await run('sync');
  for (let looks = 0, quiet = 0; looks < 100 && quiet < 3; looks += 1) {
    const begun = performance.now();
    const probe = await open(name, 'w');
    await probe.write('.');
    await probe.sync();
    await probe.close();
    quiet = performance.now() - begun < 5 ? quiet + 1 : 0;
    await pause(100);
  }
  await rm(name);
}

/** Median, minimum and maximum. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}

/** The value that a share of all values does not exceed. */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];
}

/** Ratios of each round, so that a machine that drifts does not blur them. */
export function ratios(subject, reference) {
  return summary(subject.map((value, i) => value / reference[i]));
}

/** Runs `round` once to warm up and `rounds` times for its figures, which are collected by name. */
export async function inTurn(title, rounds, round) {
  const collected = {};
  for (let n = 0; n <= rounds; n += 1) {
    const figures = await round(n);
    const text = Object.entries(figures).map(([name, value]) => `${name} ${value.toFixed(3)}`);
    process.stderr.write(`${title}: ${n === 0 ? 'warm-up' : `round ${n}`}  ${text.join('  ')}\n`);
    if (n === 0) continue;
    for (const [name, value] of Object.entries(figures)) (collected[name] ??= []).push(value);
  }
  return collected;
}
