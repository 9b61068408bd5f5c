import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Metrics } from './metrics.ts';

const root = join(__dirname, '../../../..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const rules = read('k8s/monitoring/prometheus-rule.yaml');
const dashboard = read('k8s/monitoring/sluice-dashboard.json');
const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);

let known: Set<string>;

beforeAll(async () => {
  const texts = await Promise.all([new Metrics('api').text(), new Metrics('worker').text()]);
  known = new Set([...texts.join('\n').matchAll(/^# TYPE (\w+) /gm)].map(([, name = '']) => name));
});

/** Names of metrics in a query: what stands before a brace, a bracket or the end of a word. */
function metricsIn(text: string): string[] {
  return [...text.matchAll(/\b((?:sluice|nodejs|process)_[a-z0-9_]+)\b/g)].map(([name]) => name);
}

test.each([
  ['alerts', rules],
  ['dashboard', dashboard],
])('the %s use metrics that exist only', (_, text) => {
  const used = metricsIn(text).map((name) =>
    known.has(name) ? name : name.replace(/_(bucket|count|sum)$/, ''),
  );
  expect(used.length).toBeGreaterThan(10);
  expect(used.filter((name) => !known.has(name))).toEqual([]);
});

test('every alert has its chapter in the runbook, and every chapter its alert', () => {
  const chapters = [...read('docs/runbook.md').matchAll(/^## (Sluice\w+)$/gm)].map(
    ([, name]) => name,
  );
  expect(chapters).toEqual(alerts);
  for (const name of alerts) expect(rules).toContain(`docs/runbook.md#${name.toLowerCase()}`);
});
