/**
 * Writes what promtool reads into a folder: the groups of the PrometheusRule, and their tests. promtool
 * compares annotations too; they are taken from the rules, with the labels of each expected alert filled
 * in. Fails when an alert has no test that it fires, and none that it does not.
 *
 *   node test/monitoring/unpack-rules.mjs FOLDER
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';

const [folder] = process.argv.slice(2);
const { spec } = parse(readFileSync('k8s/monitoring/prometheus-rule.yaml', 'utf8'));
const tests = parse(readFileSync('test/monitoring/rules.test.yaml', 'utf8'));
const rules = new Map(spec.groups.flatMap(({ rules }) => rules).map((rule) => [rule.alert, rule]));

const fired = new Set();
const quiet = new Set();
for (const { alert_rule_test: cases } of tests.tests) {
  for (const { alertname, exp_alerts: expected } of cases) {
    const rule = rules.get(alertname);
    if (rule === undefined) throw new Error(`${alertname} is tested, but there is no such alert`);
    (expected.length > 0 ? fired : quiet).add(alertname);
    for (const alert of expected)
      alert.exp_annotations = filledIn(rule.annotations, alert.exp_labels);
  }
}
for (const name of rules.keys()) {
  if (!fired.has(name) || !quiet.has(name))
    throw new Error(`${name} lacks a test that it fires, or that it does not`);
}
writeFileSync(join(folder, 'rules.yaml'), stringify(spec));
writeFileSync(join(folder, 'rules.test.yaml'), stringify(tests));

function filledIn(annotations, labels) {
  return Object.fromEntries(
    Object.entries(annotations).map(([name, text]) => [
      name,
      text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label) => labels[label] ?? ''),
    ]),
  );
}
