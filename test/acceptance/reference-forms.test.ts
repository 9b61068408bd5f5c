import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from '@sluice/loader';
import { runSluice } from '../integration/cli-command.ts';
import { Deployment } from '../support/deployment.ts';
import { downloadLines, runExport } from '../support/export-client.ts';
import { readLines } from '../support/synthea.ts';
import { tempFolder } from '../support/temp-folder.ts';

/* The same data with its references written in every way there is: every export holds the same resources. */

/** The data as it is with relative references, by `Type/id`. */
let plain: Map<string, string>;
/** By search: what it leads to. */
let targets: Map<string, string>;
let patients: string[];
/** An Encounter of the second patient, which has a Provenance. */
let visit: string;
let deployment: Deployment | undefined;

interface Read {
  readonly resourceType: string;
  readonly id: string;
  readonly identifier?: readonly { readonly system?: string; readonly value: string }[];
}

beforeAll(async () => {
  const folder = await tempFolder('plain');
  await generate(folder);
  plain = new Map();
  targets = new Map();
  for (const line of readLines(folder)) {
    const { resourceType, id, identifier = [] } = JSON.parse(line) as Read;
    plain.set(`${resourceType}/${id}`, line);
    if (!['Practitioner', 'Organization', 'Location'].includes(resourceType)) continue;
    for (const { system, value } of identifier) {
      targets.set(`${resourceType}?identifier=${system}|${value}`, `${resourceType}/${id}`);
    }
  }
  patients = keysOf('Patient').map((key) => key.slice('Patient/'.length));
  const visits = keysOf('Encounter');
  visit = visits.find((key) => plain.get(key)?.includes(`Patient/${patients[1]}`)) ?? '';
  for (const line of provenance('relative')) plain.set(`Provenance/${idOf(line)}`, line);
}, 60_000);
afterEach(async () => {
  await deployment?.drop();
  deployment = undefined;
});

async function generate(out: string, ...more: string[]): Promise<void> {
  const ran = await runSluice(['generate', '--patients', '11', '--out', out, ...more]);
  expect([ran.code, ran.stderr.includes('sluice:')]).toEqual([0, false]);
}

/** Provenance of a doctor and of a visit, as lines; in no Bundle, so without `urn:`. */
function provenance(form: string): string[] {
  const refer = (key: string) => {
    const search = [...targets].find(([, target]) => target === key)?.[0];
    if (form === 'conditional' && search !== undefined) return { reference: search };
    return { reference: form === 'absolute' ? `${base}/${key}` : key };
  };
  const [doctor = ''] = keysOf('Practitioner');
  const line = (id: string, target: string) =>
    JSON.stringify({
      resourceType: 'Provenance',
      id,
      meta: { versionId: '1', lastUpdated: '2025-06-01T00:00:00.000Z' },
      target: [refer(target)],
      recorded: '2025-06-01T00:00:00Z',
      agent: [{ who: refer(doctor) }],
    });
  return [line('of-doctor', doctor), line('of-visit', visit)];
}

const idOf = (line: string) => (JSON.parse(line) as { id: string }).id;
const keysOf = (type: string) => [...plain.keys()].filter((key) => key.startsWith(`${type}/`));
const base = 'https://ehr.example/fhir';

/** A line with its references relative, whatever they were. */
const normalise = (line: string) =>
  line.replaceAll(/"reference":"([^"]+)"/g, (_, written: string) => {
    const relative = written.startsWith(`${base}/`) ? written.slice(base.length + 1) : written;
    return `"reference":"${targets.get(relative) ?? relative}"`;
  });

/** What the data says is about these patients, with what it refers to. */
function dataOf(members: ReadonlySet<string>): string[] {
  const found = new Set(
    [...plain].flatMap(([key, line]) => {
      const [, about = ''] =
        /"(?:subject|patient)":\{"reference":"Patient\/([^"]+)"/.exec(line) ?? [];
      return members.has(about) || members.has(key.slice('Patient/'.length)) ? [key] : [];
    }),
  );
  if (found.has(visit)) found.add('Provenance/of-visit');
  for (const key of found) {
    for (const [, target = ''] of (plain.get(key) ?? '').matchAll(/"reference":"([^"]+)"/g)) {
      if (/^(?:Practitioner|Organization|Location)\//.test(target)) found.add(target);
    }
  }
  return [...found];
}

/** The kick-offs, and what each gives. */
function cases(): [string, string[]][] {
  const [first = '', second = ''] = patients;
  const [doctor = ''] = keysOf('Practitioner');
  const [place = ''] = keysOf('Location');
  const [clinic = ''] = keysOf('Organization');
  const naming = (type: string, ...names: string[]) =>
    keysOf(type).filter((key) =>
      names.every((name) => plain.get(key)?.includes(`"reference":"${name}"`)),
    );
  const everyTenth = new Set(patients.filter((_, index) => index % 10 === 0));
  return [
    ['/$export', [...plain.keys()]],
    ['/Patient/$export', dataOf(new Set(patients))],
    [`/Patient/$export?patient=${second}`, dataOf(new Set([second]))],
    ['/Group/all-patients/$export', dataOf(new Set(patients))],
    ['/Group/every-tenth/$export', dataOf(everyTenth)],
    ['/Group/nested/$export', dataOf(everyTenth)],
    [
      `/$export?_type=Encounter&_typeFilter=Encounter?participant=${doctor}`,
      naming('Encounter', doctor),
    ],
    [
      `/$export?_type=Encounter&_typeFilter=Encounter?service-provider=${clinic.split('/')[1]}`,
      naming('Encounter', clinic),
    ],
    [
      `/Patient/$export?_type=Encounter&_typeFilter=Encounter?location=${place}%26patient=${first}`,
      naming('Encounter', place, `Patient/${first}`),
    ],
    [
      `/Group/all-patients/$export?_type=Observation&_typeFilter=Observation?subject=Patient/${second}`,
      naming('Observation', `Patient/${second}`),
    ],
    [
      `/$export?_type=Location&_typeFilter=Location?organization=${clinic}`,
      naming('Location', clinic),
    ],
    [
      '/$export?_type=Practitioner,Encounter&includeAssociatedData=RelevantProvenanceResources',
      ['Practitioner', 'Encounter', 'Provenance'].flatMap(keysOf),
    ],
  ];
}

test.each([
  ['relative', 'ndjson'],
  ['absolute', 'ndjson'],
  ['conditional', 'ndjson'],
  ['conditional', 'ndjson with --resolve'],
  ['relative', 'bundles'],
  ['absolute', 'bundles'],
  ['conditional', 'bundles'],
  ['urn', 'bundles'],
])(
  '%s references in %s',
  async (form, container) => {
    const folder = await tempFolder(form);
    const isNdjson = container !== 'bundles';
    const resolve = container.endsWith('--resolve');
    const bundles = container === 'bundles' ? ['--bundles'] : [];
    await generate(folder, '--references', form, ...bundles);
    const lines = provenance(container === 'bundles' && form === 'absolute' ? 'relative' : form);
    await writeFile(join(folder, 'Provenance.ndjson'), `${lines.join('\n')}\n`);
    expect(existsSync(join(folder, 'Patient.ndjson'))).toBe(isNdjson);
    deployment = await Deployment.create({ HOUSEKEEPING_INTERVAL: '500ms' });
    const summary = await load({
      pool: deployment.database.pool,
      paths: [folder],
      // Full URLs of Bundles say it themselves.
      bases: isNdjson ? [base] : [],
      resolve,
    });
    expect([summary.problemGroups, summary.unresolved]).toEqual([[], []]);
    const [api] = await Promise.all([deployment.startApi(), deployment.startWorker()]);
    for (const [path, keys] of cases()) {
      const exported = await downloadLines((await runExport(api.base, path)).output);
      const wanted = keys.map((key) => plain.get(key) ?? '').sort();
      // What was resolved has the text of the plain data.
      const got = exported.map((line) => (resolve ? line : normalise(line))).sort();
      expect({ path, ...differences(got, wanted) }).toEqual({ path, missing: [], unwanted: [] });
      expect(keys.length).toBeGreaterThan(0);
      expect(got.length).toBe(wanted.length);
    }
  },
  120_000,
);

function differences(got: readonly string[], wanted: readonly string[]) {
  const shown = (from: readonly string[], others: readonly string[]) => {
    const set = new Set(others);
    return from.filter((line) => !set.has(line)).map((line) => line.slice(0, 300));
  };
  return { missing: shown(wanted, got).slice(0, 3), unwanted: shown(got, wanted).slice(0, 3) };
}
