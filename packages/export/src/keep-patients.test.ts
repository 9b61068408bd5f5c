import { ExportError } from './errors.ts';
import type { KickOff } from './export.ts';
import { keepPatients } from './keep-patients.ts';

const kickOff: KickOff = {
  level: 'patient',
  request: 'r',
  baseUrl: 'http://x/fhir',
  outputFormat: 'ndjson',
  patients: ['1', '2', '3'],
  lenient: false,
  notices: [],
};

test('a kick-off whose patients are all there stays as it is', () => {
  expect(keepPatients(kickOff, new Set(['9']))).toBe(kickOff);
});

test('absent patients are an error that names them', () => {
  expect(() => keepPatients(kickOff, new Set(['2', '3']))).toThrow(
    expect.objectContaining({
      status: 400,
      issues: [
        expect.objectContaining({
          code: 'not-found',
          text: 'patient: these do not exist: "2", "3".',
        }),
      ],
    }) as Error,
  );
});

test('ten of them are named, the others counted', () => {
  const patients = Array.from({ length: 12 }, (_, n) => `p${n}`);
  expect(() => keepPatients({ ...kickOff, patients }, new Set(patients))).toThrow(
    /"p9" and 2 more/,
  );
});

test('a lenient kick-off goes on with the others, and says so', () => {
  const kept = keepPatients({ ...kickOff, lenient: true }, new Set(['2']));
  expect(kept).toMatchObject({
    patients: ['1', '3'],
    notices: [{ severity: 'warning', expression: ['patient'] }],
  });
});

test('a lenient kick-off of nobody is refused', () => {
  const absent = new Set(['1', '2', '3']);
  expect(() => keepPatients({ ...kickOff, lenient: true }, absent)).toThrow(ExportError);
});
