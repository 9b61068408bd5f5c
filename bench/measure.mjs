import { spawn } from 'node:child_process';
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

/** Seconds that a shell command takes. */
export async function timeShell(command, env) {
  const begun = performance.now();
  await run('bash', ['-o', 'pipefail', '-c', command], { env: { ...process.env, ...env } });
  return (performance.now() - begun) / 1000;
}

/**
 * One export as a client sees it: from the kick-off's 202 to the manifest's 200. Polls are kept for
 * the time when it may be done, so that they are fine-grained without being too many.
 */
export async function timeExport(base, path, expectedSeconds) {
  const kickOff = await fetch(base + path, {
    headers: { accept: 'application/fhir+json', prefer: 'respond-async' },
  });
  const begun = performance.now();
  if (kickOff.status !== 202)
    throw new Error(`kick-off: ${kickOff.status} ${await kickOff.text()}`);
  const url = kickOff.headers.get('content-location');
  await pause(expectedSeconds * 900);
  for (let polls = 0; ; polls += 1) {
    const status = await fetch(url);
    if (status.status === 200) {
      const seconds = (performance.now() - begun) / 1000;
      return {
        seconds,
        manifest: await status.json(),
        remove: () => fetch(url, { method: 'DELETE' }),
      };
    }
    const text = await status.text();
    if (status.status !== 202 && status.status !== 429)
      throw new Error(`status: ${status.status} ${text}`);
    await pause(polls < 18 ? 10 : 110);
  }
}

/** Median, minimum and maximum. */
export function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1) };
}
