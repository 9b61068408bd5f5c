#!/usr/bin/env node
/**
 * The benchmark: each line times an export against its reference on the same data, in one session,
 * in turn, and prints the ratio. Ratios are what counts; seconds differ from machine to machine.
 * See docs/performance.md.
 */
import { writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { parseArgs } from 'node:util';
import { lines } from './lines.mjs';
import { openData } from './data.mjs';
import { run, summary } from './measure.mjs';
import { table } from './table.mjs';

const help = `npm run bench [-- options]

  --resources N[,N]  sizes of the data, made once each (default 100000,1000000)
  --lines a[,b]      of ${Object.keys(lines).join(', ')} (default: all)
  --rounds N         counted rounds after one warm-up (default 5)
  --data DIR         where the data is kept between runs (default .sluice/bench)
  --json FILE        writes every figure
  --quick            small data, one round: shows that it runs, measures nothing
`;

const { values } = parseArgs({
  options: {
    resources: { type: 'string' },
    lines: { type: 'string', default: Object.keys(lines).join(',') },
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

const sizes = list(values.resources ?? (values.quick ? '20000' : '100000,1000000')).map(Number);
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const wanted = list(values.lines);
const unknown = wanted.filter((name) => !(name in lines));
if (unknown.length > 0 || sizes.some((n) => !(n >= 1000)) || !(rounds >= 1)) {
  process.stderr.write(
    `Not understood: ${unknown.join(', ') || 'sizes and rounds are numbers'}\n\n${help}`,
  );
  process.exit(2);
}
try {
  await run('psql', ['--version']);
} catch {
  process.stderr.write(
    'The reference is psql, which is not installed: apt-get install postgresql-client (or your system’s package of that name).\n',
  );
  process.exit(1);
}

const results = [];
for (const size of sizes) {
  const data = await openData(values.data, size);
  try {
    for (const name of wanted) results.push(await measureLine(name, data));
    results.push({
      line: 'worker peak RSS',
      size: data.resources,
      megabytes: await data.workerPeakMegabytes(),
    });
  } finally {
    await data.close();
  }
}
const report = {
  date: new Date().toISOString().slice(0, 10),
  machine: {
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  },
  node: process.version,
  rounds,
  results,
};
process.stdout.write(`\n${table(report)}\n`);
if (values.json) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`);

/** Times reference and subject in turn; every subject run is checked against the stored lines. */
async function measureLine(name, data) {
  const line = lines[name];
  const seconds = { reference: [], subject: [] };
  for (let round = 0; round <= rounds; round += 1) {
    const reference = await line.reference(data);
    const subject = await line.subject(data);
    await line.check?.(data, subject);
    process.stderr.write(
      `${name} ${data.resources}: round ${round}${round === 0 ? ' (warm-up)' : ''} reference ${reference.seconds.toFixed(2)} s, subject ${subject.seconds.toFixed(2)} s\n`,
    );
    await subject.remove?.();
    if (round === 0) continue;
    seconds.reference.push(reference.seconds);
    seconds.subject.push(subject.seconds);
  }
  const ratios = seconds.subject.map((s, i) => s / seconds.reference[i]);
  return {
    line: name,
    size: data.resources,
    reference: summary(seconds.reference),
    subject: summary(seconds.subject),
    ratio: summary(ratios),
    target: line.target,
    stretch: line.stretch,
  };
}

function list(text) {
  return text.split(',').filter(Boolean);
}
