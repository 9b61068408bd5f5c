import { ExportError } from './errors.ts';
import type { KickOff } from './export.ts';
import { checkKickOffSize } from './kick-off-size.ts';

const small: KickOff = {
  level: 'patient',
  request: 'https://example.org/fhir/Patient/$export',
  baseUrl: 'https://example.org/fhir',
  outputFormat: 'ndjson',
  lenient: false,
  notices: [],
};
const filters = (bytes: number): { Observation: string[] } => ({
  Observation: Array.from({ length: bytes / 256 }, (_, n) => `code=${String(n).padEnd(248, 'x')}`),
});

test('a kick-off of 256 KB can be stored, whatever the number of its patients', () => {
  const patients = Array.from({ length: 200_000 }, (_, n) => `patient-${n}`);
  expect(() => {
    checkKickOffSize({ ...small, typeFilters: filters(240 * 1024), patients });
  }).not.toThrow();
});

test.each<[string, Partial<KickOff>]>([
  ['filters', { typeFilters: filters(256 * 1024) }],
  ['limits of the client', { rowFilters: { Observation: [filters(256 * 1024).Observation] } }],
  ['an address', { request: 'x'.repeat(256 * 1024) }],
])('one that is longer by %s is refused', (_, more) => {
  const check = (): void => checkKickOffSize({ ...small, ...more });
  expect(check).toThrow(ExportError);
  expect(check).toThrow(/at most 262144/);
});
