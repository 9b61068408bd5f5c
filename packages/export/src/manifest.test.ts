import type { Export, OutputFile } from './export.ts';
import { buildManifest } from './manifest.ts';

const found: Export = {
  id: 'e',
  state: 'completed',
  kickOff: {
    level: 'system',
    request: 'http://x/fhir/$export?_type=Patient',
    baseUrl: 'http://x/fhir',
    outputFormat: 'ndjson',
    lenient: false,
    notices: [],
  },
  subject: 'anonymous',
  requestedAt: '2026-11-21T12:00:00.000Z',
  transactionTime: '2026-11-21T12:00:00.001Z',
  settled: true,
  folder: 'f',
  partsTotal: 1,
  stageEnds: [],
  hasJoinedMembers: false,
  partsCompleted: 1,
  resourcesEstimated: 1,
};
const options = {
  fileUrl: ({ name }: OutputFile) => `http://x/${name}`,
  requiresAccessToken: false,
};

function file(name: string, changes: Partial<OutputFile> = {}): OutputFile {
  const type = name.split('-')[0] ?? '';
  return { kind: 'output', type, name, count: 1, bytes: 10, sha256: 'ab', ...changes };
}

test('an empty export has empty lists', () => {
  expect(JSON.stringify(buildManifest(found, [], options))).toBe(
    '{"transactionTime":"2026-11-21T12:00:00.001Z","request":"http://x/fhir/$export?_type=Patient",' +
      '"requiresAccessToken":false,"output":[],"error":[]}',
  );
});

test('a manifest can begin with the status, as with other servers', () => {
  const manifest = buildManifest(found, [], { ...options, withStatus: true });
  expect(Object.entries(manifest)[0]).toEqual(['status', 'completed']);
});

test('items are ordered by type, part and number, whatever their order was', () => {
  const names = [
    'Patient-10-1.ndjson',
    'Patient-2-10.ndjson',
    'Patient-2-9.ndjson',
    'Encounter-3-1.ndjson',
  ];
  const { output } = buildManifest(
    found,
    names.map((name) => file(name)),
    options,
  );
  expect(output.map(({ url }) => url.slice(9))).toEqual([...names].reverse());
});

test('an item has type, url, count, and what a download is verified with', () => {
  const { output } = buildManifest(found, [file('Patient-1-1.ndjson', { count: 7 })], options);
  expect(output).toEqual([
    {
      type: 'Patient',
      url: 'http://x/Patient-1-1.ndjson',
      count: 7,
      extension: { 'urn:sluice:output-file': { size: 10, sha256: 'ab' } },
    },
  ]);
});

test('files without lines are not listed', () => {
  const files = [file('Patient-1-1.ndjson', { count: 0, bytes: 0 })];
  expect(buildManifest(found, files, options).output).toEqual([]);
});

test('deleted is there with _since, between output and error', () => {
  const since = { ...found, kickOff: { ...found.kickOff, since: '2026-01-01T00:00:00.000000Z' } };
  const files = [
    file('OperationOutcome-2-1.ndjson', { kind: 'error' }),
    file('Bundle-1-1.ndjson', { kind: 'deleted' }),
  ];
  expect(buildManifest(since, [], options).deleted).toEqual([]);
  const manifest = buildManifest(since, files, options);
  expect(Object.keys(manifest)).toEqual([
    'transactionTime',
    'request',
    'requiresAccessToken',
    'output',
    'deleted',
    'error',
  ]);
  expect(manifest).toMatchObject({
    deleted: [{ type: 'Bundle' }],
    error: [{ type: 'OperationOutcome' }],
  });
});
