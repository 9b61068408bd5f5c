import { planFiles } from './plan-files.ts';

const item = (name: string, type = 'Patient') => ({
  type,
  url: `https://host/a/${name}?signature=x`,
});
const manifest = (names: readonly string[], rest: object = {}) => ({
  transactionTime: '2026-01-01T00:00:00Z',
  requiresAccessToken: false,
  output: names.map((name) => item(name)),
  ...rest,
});
const namesOf = (given: ReturnType<typeof manifest>) => planFiles(given).map(({ name }) => name);

test('names are those of the server where they are safe', () => {
  const names = ['Patient-0-0.ndjson', '..%2Fx', '.hidden', 'manifest.json', 'a.gz'];
  expect(namesOf(manifest(names))).toEqual([
    'Patient-0-0.ndjson',
    'Patient-1.ndjson',
    'Patient-2.ndjson',
    'Patient-3.ndjson',
    'a.gz',
  ]);
});

test('no two are the same, in all of the lists', () => {
  const given = manifest(['Patient-1.ndjson', 'x', 'x', 'x'], { error: [item('x', '../Patient')] });
  expect(namesOf(given)).toEqual([
    'Patient-1.ndjson',
    'x',
    'Patient-2.ndjson',
    'Patient-3.ndjson',
    'file-1.ndjson',
  ]);
});
