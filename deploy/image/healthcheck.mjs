// HEALTHCHECK of the image: asks the process in this container, `/healthz` unless another path is given.
import { readFileSync } from 'node:fs';
import process from 'node:process';

const [path = '/healthz'] = process.argv.slice(2);
const words = readFileSync('/proc/1/cmdline', 'utf8').split('\0');
const { PORT, METRICS_PORT } = process.env;
// What runs to its end and listens on nothing is well for as long as it runs.
const port = words.includes('worker') ? METRICS_PORT : words.includes('api') ? PORT : undefined;
if (port !== undefined) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    signal: AbortSignal.timeout(4000),
  }).catch((error) => ({ ok: false, status: error.cause?.code ?? error.name }));
  process.stdout.write(`${path} ${response.status}\n`);
  process.exitCode = response.ok ? 0 : 1;
}
