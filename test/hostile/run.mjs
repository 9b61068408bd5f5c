#!/usr/bin/env node
/** Throws hostile input at the API and the loader; see docs/security.md. */
import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';

const help = `npm run test:hostile [-- options]

  --seed N      the same input again (default: a random one, which is printed)
  --requests N  requests to the API (default 20000)
  --inputs N    inputs to the loader (default 2000)
  --report FILE what jest reports, as JSON
`;

const { values, positionals } = parseArgs({
  options: {
    seed: { type: 'string', default: String(randomInt(2 ** 31)) },
    requests: { type: 'string', default: '20000' },
    inputs: { type: 'string', default: '2000' },
    report: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
const { seed, requests, inputs, report } = values;
const isUsable = [seed, requests, inputs].every((text) => /^\d{1,10}$/.test(text));
if (values.help || !isUsable) {
  process.stderr.write(help);
  process.exit(values.help ? 0 : 2);
}
const replay = `npm run test:hostile -- --seed ${seed} --requests ${requests} --inputs ${inputs}`;
process.stderr.write(`${replay}\n`);
const jest = ['node_modules/jest/bin/jest.js', '--config', 'test/hostile/jest.config.js'];
if (report !== undefined) jest.push('--json', '--outputFile', report);
const child = spawn(process.execPath, [...jest, ...positionals], {
  stdio: 'inherit',
  env: {
    ...process.env,
    HOSTILE_SEED: seed,
    HOSTILE_REQUESTS: requests,
    HOSTILE_INPUTS: inputs,
  },
});
child.once('close', (code) => {
  if (code !== 0) process.stderr.write(`The same again: ${replay}\n`);
  process.exitCode = code ?? 1;
});
