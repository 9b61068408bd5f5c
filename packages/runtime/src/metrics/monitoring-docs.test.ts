import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { metricDefinitions, type MetricDefinition } from './definitions.ts';

const definitions: Readonly<Record<string, MetricDefinition>> = metricDefinitions;
const text = readFileSync(join(__dirname, '../../../../docs/monitoring.md'), 'utf8');

/** Rows of the table of metrics: name, kind, processes, labels, meaning. */
const rows = new Map(
  text
    .split('\n')
    .filter((line) => line.startsWith('| `sluice_'))
    .map((line) => line.split('|').map((cell) => cell.replace(/[`\\]/g, '').trim()))
    .map(([, name = '', ...cells]) => [name, cells.slice(0, 4)]),
);

test('docs/monitoring.md has a row for every metric and for nothing else', () => {
  expect([...rows.keys()].sort()).toEqual(Object.keys(definitions).sort());
});

test.each(Object.entries(definitions))('%s is documented as it is', (name, definition) => {
  const { kind, of, labels, help } = definition;
  const shown = Object.entries(labels).map(([label, values]) => `${label}: ${values.join(', ')}`);
  expect(rows.get(name)).toEqual([kind, of.join(', '), shown.join('; ') || '—', help]);
});

test.each(Object.entries(definitions))('%s has its unit in its name', (name, { kind }) => {
  const ending = kind === 'counter' ? /_total$/ : kind === 'histogram' ? /_(seconds|bytes)$/ : /./;
  expect(name).toMatch(ending);
});
