import { gunzipSync } from 'node:zlib';
import { load } from '@sluice/loader';
import { Deployment } from '../support/deployment.ts';
import {
  download,
  downloadLines,
  fileName,
  linesOf,
  runExport,
  sha256Of,
  type Manifest,
  type ManifestItem,
  type Parameters,
} from '../support/export-client.ts';
import {
  groupPatients,
  isCompartmentType,
  microseconds,
  readSamples,
  syntheaFolder,
  writeSmallData,
  type Sample,
} from '../support/synthea.ts';
import { dataOf } from '../support/patients-data.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

let deployment: Deployment;
let base: string;
let samples: Sample[];

beforeAll(async () => {
  const folder = syntheaFolder() ?? (await tempFolder('small'));
  if (syntheaFolder() === undefined) await writeSmallData(folder);
  samples = readSamples(folder);
  deployment = await Deployment.create({ PART_RESOURCES: '10000', HOUSEKEEPING_INTERVAL: '500ms' });
  const summary = await load({ pool: deployment.database.pool, paths: [folder] });
  expect([summary.problems, summary.resources]).toEqual([0, samples.length]);
  ({ base } = await deployment.startApi());
  await deployment.startWorker();
}, 120_000);
afterAll(() => deployment.drop());

/** What is in one list of lines and not in the other; says everything about equality, briefly. */
async function difference(manifest: Manifest, wanted: readonly Sample[]) {
  const got = new Map<string, number>();
  for (const line of await downloadLines(manifest.output)) got.set(line, (got.get(line) ?? 0) + 1);
  const lines = new Set(wanted.map(({ line }) => line));
  const shown = (all: string[]) => all.map((line) => line.slice(0, 90)).slice(0, 5);
  return {
    count: [...got.values()].reduce((sum, n) => sum + n, 0),
    missing: shown([...lines].filter((line) => !got.has(line))),
    unwanted: shown([...got.keys()].filter((line) => !lines.has(line))),
    repeated: shown([...got.keys()].filter((line) => (got.get(line) ?? 0) > 1)),
  };
}

const exactly = (wanted: readonly Sample[]) => ({
  count: wanted.length,
  missing: [],
  unwanted: [],
  repeated: [],
});

/** Asserts that an export gives these resources and no others, each once and to the byte. */
async function expectExport(
  path: string,
  wanted: readonly Sample[],
  body?: Parameters,
): Promise<Manifest> {
  const manifest = await runExport(base, path, body);
  expect(await difference(manifest, wanted)).toEqual(exactly(wanted));
  return manifest;
}

const parameters = (...parameter: object[]): Parameters => ({
  resourceType: 'Parameters',
  parameter,
});
const about = (patients: ReadonlySet<string>, types?: readonly string[]) =>
  dataOf(samples, patients, types);
const everyPatient = () => new Set(samples.flatMap(({ patients }) => [...patients]));
const patientIds = () => samples.filter(({ type }) => type === 'Patient').map(({ id }) => id);

describe('system level', () => {
  test('an export holds every resource once, to the byte, and decimals keep their text', async () => {
    const manifest = await expectExport('/$export', samples);
    const types = new Set(samples.map(({ type }) => type));
    expect(new Set(manifest.output.map(({ type }) => type))).toEqual(types);
    expect(manifest.error).toEqual([]);
    expect(manifest.deleted).toBeUndefined();
    if (syntheaFolder()) expect([samples.length, types.size]).toEqual([92_118, 25]);
    expect(samples.filter(({ line }) => /:\d+\.\d*0[,}\]]/.test(line)).length).toBeGreaterThan(100);
  }, 60_000);

  test.each([
    ['a comma list', '/$export?_type=Patient,Encounter', undefined],
    ['repetition', '/$export?_type=Patient&_type=Encounter', undefined],
    [
      'repetition of the same and spaces',
      '/$export?_type=Encounter,%20Patient&_type=Patient',
      undefined,
    ],
    [
      'POST',
      '/$export',
      parameters(
        { name: '_type', valueString: 'Patient' },
        { name: '_type', valueString: 'Encounter' },
      ),
    ],
    [
      'POST with a comma list',
      '/$export',
      parameters({ name: '_type', valueString: 'Patient,Encounter' }),
    ],
  ])(
    '_type by %s gives these types alone',
    async (_form, path, body) => {
      const wanted = samples.filter(({ type }) => type === 'Patient' || type === 'Encounter');
      await expectExport(path, wanted, body);
    },
    20_000,
  );

  test('_type of which nothing is stored gives an empty output', async () => {
    expect((await runExport(base, '/$export?_type=VisionPrescription')).output).toEqual([]);
  });

  test('the gzip format holds the bytes of the plain one', async () => {
    const types = '_type=Patient,CareTeam,Group';
    const plain = await runExport(base, `/$export?${types}`);
    const packed = await runExport(
      base,
      `/$export?${types}&_outputFormat=application/fhir%2Bndjson%2Bgzip`,
    );
    expect(packed.output.map(fileName)).toEqual(plain.output.map((item) => `${fileName(item)}.gz`));
    for (const [i, item] of plain.output.entries()) {
      const bytes = gunzipSync(await download(packed.output[i] as ManifestItem));
      expect(sha256Of(bytes)).toBe(sha256Of(await download(item)));
    }
  }, 20_000);

  test('an export by POST and one by GET of the same data have the same files', async () => {
    const [got, posted] = [
      await runExport(base, '/$export?_type=Observation'),
      await runExport(base, '/$export', parameters({ name: '_type', valueString: 'Observation' })),
    ];
    const facts = ({ output }: Manifest) =>
      output.map((item) => [fileName(item), item.count, item.extension]);
    expect(facts(posted)).toEqual(facts(got));
  }, 20_000);
});

describe('_since', () => {
  const inMicroseconds = (at: bigint) =>
    `${new Date(Number(at / 1000n)).toISOString().slice(0, 23)}${String(at % 1000n).padStart(3, '0')}Z`;
  const later = (instant: string, of: readonly Sample[] = samples) =>
    of.filter(({ updated }) => updated > microseconds(instant));
  const since = (instant: string) => `_since=${encodeURIComponent(instant)}`;

  test.each([
    ['2018-01-01T00:00:00Z'],
    ['2022-06-30T23:59:59.999Z'],
    ['2024-02-29T12:00:00.000+05:30'],
    ['2025-12-01T00:00:00-05:00'],
    ['2026-01-02T00:00:00.000000Z'],
  ])(
    '%s gives what changed later, whatever the offsets',
    async (instant) => {
      await expectExport(`/$export?${since(instant)}`, later(instant));
    },
    60_000,
  );

  test('the very instant of a change is out, a microsecond before it is in', async () => {
    const written = samples
      .filter(({ line }) => /"lastUpdated":"[^"]*\+05:30"/.test(line))
      .map(({ updated }) => updated)
      .sort((a, b) => (a < b ? -1 : 1));
    const at = written.at(-10) ?? 0n;
    for (const instant of [inMicroseconds(at), inMicroseconds(at - 1n)]) {
      const wanted = later(instant);
      expect(wanted.some(({ updated }) => updated === at)).toBe(
        instant === inMicroseconds(at - 1n),
      );
      await expectExport(`/$export?${since(instant)}`, wanted);
    }
  }, 60_000);

  test.each(['ten-patients', 'all-patients'])(
    'it holds for Group %s too',
    async (group) => {
      const instant = '2023-03-01T06:00:00.000-05:00';
      const wanted = later(instant, about(groupPatients(samples, group)));
      expect(wanted.length).toBeGreaterThan(0);
      await expectExport(`/Group/${group}/$export?${since(instant)}`, wanted);
    },
    30_000,
  );
});

describe('Patient level', () => {
  test('an export holds what is in a patient’s compartment, and what that refers to outside of it', async () => {
    const manifest = await expectExport('/Patient/$export', about(everyPatient()));
    const types = new Set(manifest.output.map(({ type }) => type));
    expect([...types].filter((type) => !isCompartmentType(type)).length).toBeGreaterThan(3);
  }, 60_000);

  test('Groups come when _type asks for them', async () => {
    await expectExport('/Patient/$export?_type=Group', about(everyPatient(), ['Group']));
  });

  test.each([
    ['ids with commas', (ids: string[]) => [`?patient=${ids.join(',')}`, undefined] as const],
    [
      'references',
      (ids: string[]) =>
        [`?${ids.map((id) => `patient=Patient/${id}`).join('&')}`, undefined] as const,
    ],
    [
      'POST',
      (ids: string[]) =>
        [
          '',
          parameters(
            ...ids.map((id) => ({
              name: 'patient',
              valueReference: { reference: `Patient/${id}` },
            })),
          ),
        ] as const,
    ],
  ])(
    'patient by %s gives these patients’ data',
    async (_form, make) => {
      const ids = patientIds();
      const few = [ids[1] ?? '', ids[5] ?? '', ids[1] ?? ''];
      const [query, body] = make(few);
      await expectExport(`/Patient/$export${query}`, about(new Set(few)), body);
    },
    20_000,
  );

  test('patient with half of all patients gives their data', async () => {
    const half = patientIds().filter((_, n) => n % 2 === 0);
    await expectExport(`/Patient/$export?patient=${half.join(',')}`, about(new Set(half)));
  }, 20_000);
});

describe('Group level', () => {
  test.each(['ten-patients', 'all-patients'])(
    '%s holds its members’ data',
    async (group) => {
      const manifest = await expectExport(
        `/Group/${group}/$export`,
        about(groupPatients(samples, group)),
      );
      expect(manifest.error).toEqual([]);
    },
    60_000,
  );

  test('a Group with inactive, nested, absent, repeated and other members is read as it should be', async () => {
    const patients = groupPatients(samples, 'edge-members');
    expect(patients.size).toBe(13);
    const manifest = await expectExport('/Group/edge-members/$export', about(patients));
    const outcomes = (await downloadLines(manifest.error)).map(
      (line) =>
        JSON.parse(line) as {
          resourceType: string;
          issue: { severity: string; code: string; details: { text: string } }[];
        },
    );
    expect(outcomes.map(({ resourceType }) => resourceType)).toEqual([
      'OperationOutcome',
      'OperationOutcome',
    ]);
    const told = outcomes.flatMap(({ issue }) => issue.map(({ details }) => details.text)).sort();
    expect(told).toEqual([
      expect.stringMatching(/Practitioner\//),
      expect.stringContaining('Patient/not-on-this-server'),
    ]);
  }, 30_000);

  test('a Group without members gives a manifest without files', async () => {
    const manifest = await runExport(base, '/Group/empty-group/$export');
    expect([manifest.output, manifest.error]).toEqual([[], []]);
  });

  test('_type narrows it', async () => {
    const types = ['Patient', 'CareTeam', 'Group'];
    // Of the Groups only the one that is exported: others tell of other patients.
    const wanted = about(groupPatients(samples, 'ten-patients'), types).filter(
      ({ type, id }) => type !== 'Group' || id === 'ten-patients',
    );
    await expectExport(`/Group/ten-patients/$export?_type=${types.join(',')}`, wanted);
  });

  test('patient narrows it to some of its members', async () => {
    const [one = '', two = ''] = [...groupPatients(samples, 'edge-members')].sort();
    const wanted = about(new Set([one, two]));
    await expectExport(`/Group/edge-members/$export?patient=${one},${two}`, wanted);
    const references = [one, two].map((id) => ({
      name: 'patient',
      valueReference: { reference: `Patient/${id}` },
    }));
    await expectExport('/Group/edge-members/$export', wanted, parameters(...references));
  }, 20_000);
});

describe('files', () => {
  let item: ManifestItem;
  let bytes: Buffer;

  beforeAll(async () => {
    const manifest = await runExport(base, '/$export?_type=Patient');
    item = manifest.output[0] as ManifestItem;
    bytes = await download(item);
  }, 20_000);

  const get = (headers: Record<string, string> = {}, method = 'GET', url = item.url) =>
    fetch(url, { method, headers: { 'accept-encoding': 'identity', ...headers } });
  const body = async (answer: Response) => Buffer.from(await answer.arrayBuffer());

  test('a file says what it is, how long, and its tag', async () => {
    const answer = await get();
    expect(answer.headers.get('content-type')).toBe('application/fhir+ndjson');
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect(answer.headers.get('accept-ranges')).toBe('bytes');
    expect(answer.headers.get('etag')).toMatch(/^"[^"]+"$/);
    expect(linesOf(await body(answer))).toHaveLength(item.count);
  });

  test('HEAD tells the same without a body', async () => {
    const answer = await get({}, 'HEAD');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-length')).toBe(String(bytes.length));
    expect((await body(answer)).length).toBe(0);
  });

  test('a Range is answered 206 with just these bytes, a later one 416', async () => {
    const answer = await get({ range: 'bytes=100-299' });
    expect(answer.status).toBe(206);
    expect(answer.headers.get('content-range')).toBe(`bytes 100-299/${bytes.length}`);
    expect(await body(answer)).toEqual(bytes.subarray(100, 300));
    const rest = await get({ range: `bytes=${bytes.length - 7}-` });
    expect(await body(rest)).toEqual(bytes.subarray(-7));
    const beyond = await get({ range: `bytes=${bytes.length}-` });
    expect(beyond.status).toBe(416);
  });

  test('If-None-Match with the tag is answered 304', async () => {
    const tag = (await get()).headers.get('etag') ?? '';
    const answer = await get({ 'if-none-match': tag });
    expect([answer.status, (await body(answer)).length]).toEqual([304, 0]);
    expect((await get({ 'if-none-match': '"other"' })).status).toBe(200);
  });

  test('a tampered signature, address or life is answered 403', async () => {
    const change = (name: string, value: string) => {
      const url = new URL(item.url);
      url.searchParams.set(name, value);
      return url.href;
    };
    const urls = [
      change('signature', 'A'.repeat(43)),
      change('expires', '99999999999'),
      item.url.split('?')[0] ?? '',
      item.url.replace('Patient-', 'Encounter-'),
    ];
    for (const url of urls) expect((await get({}, 'GET', url)).status).toBe(403);
  });

  test('a signed address whose life is over is answered 403, and a fresh manifest has one that works', async () => {
    const { base: shortBase } = await deployment.startApi({ SIGNED_URL_TTL: '1s' });
    const manifest = await runExport(shortBase, '/$export?_type=Patient');
    const url = manifest.output[0]?.url ?? '';
    await waitFor(async () => (await get({}, 'GET', url)).status === 403, 5000);
    const id = new URL(url).pathname.split('/').at(-2) ?? '';
    const again = (await (await fetch(`${base}/$export-status/${id}`)).json()) as Manifest;
    expect((await get({}, 'GET', again.output[0]?.url)).status).toBe(200);
  }, 20_000);
});
