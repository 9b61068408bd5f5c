#!/usr/bin/env node
/**
 * The benchmark: each line times Sluice against a reference on the same data, in one session, in
 * turn, and prints the ratio. Ratios are what counts; seconds differ from machine to machine. After
 * every export its sorted lines are compared with the stored ones. See docs/performance.md.
 */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { lines } from './lines/index.mjs';
import { machine } from './machine.mjs';
import { run } from './measure.mjs';
import { table } from './table.mjs';

const help = `npm run bench [-- options]

  --resources N[,N]  sizes of the data, made once each (default 100000,300000,1000000)
  --lines a[,b]      which lines (default: all)
  --rounds N         counted rounds after a warm-up (default 5)
  --data DIR         where the data is kept between runs (default .sluice/bench)
  --json FILE        writes every figure
  --quick            20,000 resources, one round: shows that it runs, measures nothing

lines:
${lines.map(({ name, about }) => `  ${name.padEnd(12)} ${about}`).join('\n')}
`;

const { values } = parseArgs({
  options: {
    resources: { type: 'string' },
    lines: { type: 'string' },
    rounds: { type: 'string' },
    data: { type: 'string', default: '.sluice/bench' },
    json: { type: 'string' },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const { quick } = values;
const sizes = list(values.resources ?? (quick ? '20000' : '100000,300000,1000000'))
  .map(Number)
  .sort((a, b) => a - b);
const rounds = Number(values.rounds ?? (quick ? 1 : 5));
const names = lines.map(({ name }) => name);
const wanted = values.lines === undefined ? names : list(values.lines);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) refuse(`There is no line ${unknown.join(', ')}.`);
if (sizes.length === 0 || sizes.some((n) => !Number.isInteger(n) || n < 5000))
  refuse('--resources takes whole numbers of at least 5000.');
if (!Number.isInteger(rounds) || rounds < 1) refuse('--rounds takes a whole number of at least 1.');
try {
  await run('psql', ['--version']);
} catch {
  process.stderr.write(
    'The reference is psql, which is not installed: apt-get install postgresql-client (or your system’s package of that name).\n',
  );
  process.exit(1);
}

const results = [];
const context = { under: values.data, sizes, rounds, quick, results };
for (const line of lines.filter(({ name }) => wanted.includes(name))) {
  process.stderr.write(`== ${line.name}: ${line.about}\n`);
  for await (const result of line.measure(context)) {
    // One round of little data says nothing of a target.
    const goals = quick ? { target: undefined, stretch: undefined } : {};
    results.push({ line: line.name, ...result, ...goals });
    if (result.missing) process.stderr.write(`   not measured: ${result.missing}\n`);
  }
}
const report = { ...(await machine()), rounds, results };
process.stdout.write(`\n${table(report)}\n`);
if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);

function list(text) {
  return text.split(',').filter(Boolean);
}

function refuse(fault) {
  process.stderr.write(`${fault}\n\n${help}`);
  process.exit(2);
}
