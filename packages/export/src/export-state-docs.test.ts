import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportTransitions, partTransitions } from './export-state.ts';

const architecture = readFileSync(
  join(__dirname, '..', '..', '..', 'docs', 'architecture.md'),
  'utf8',
);
const charts = [...architecture.matchAll(/```mermaid\nstateDiagram-v2\n([^`]*)```/g)].map(
  ([, chart = '']) => chart,
);

/** The moves of a chart, without its begin and its ends. */
function drawn(chart: string | undefined): string[] {
  return [...(chart ?? '').matchAll(/^\s*(\w+) --> (\w+)/gm)]
    .map(([, from, to]) => `${from} --> ${to}`)
    .sort();
}

function coded(transitions: Readonly<Record<string, readonly string[]>>): string[] {
  return Object.entries(transitions)
    .flatMap(([from, targets]) => targets.map((to) => `${from} --> ${to}`))
    .sort();
}

test('docs/architecture.md has a state chart of the export and one of the part', () => {
  expect(charts).toHaveLength(2);
});

test('the chart of the export draws exactly the moves that the code allows', () => {
  expect(drawn(charts[0])).toEqual(coded(exportTransitions));
});

test('the chart of the part draws exactly the moves that the code allows', () => {
  expect(drawn(charts[1])).toEqual(coded(partTransitions));
});
