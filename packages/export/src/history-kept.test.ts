import { ExportError } from './errors.ts';
import type { KickOff } from './export.ts';
import { checkHistoryKept } from './history-kept.ts';

const kickOff: KickOff = {
  level: 'system',
  request: '',
  baseUrl: 'http://x/fhir',
  outputFormat: 'ndjson',
  lenient: false,
  notices: [],
};
const until = '2026-03-01T00:00:00.000001Z';

test.each<[string | undefined, string | undefined]>([
  [undefined, undefined],
  [undefined, '2026-03-01T00:00:00Z'],
  [until, undefined],
  [until, '2026-03-01T00:00:00Z'],
  [until, '2026-03-01T00:00:00.000Z'],
  [until, '2026-03-01T00:00:00.000001Z'],
  [until, '2026-03-01T01:00:00+01:00'],
])('_until %s can be answered from what is kept since %s', (given, keptSince) => {
  const asked = given === undefined ? kickOff : { ...kickOff, until: given };
  expect(() => checkHistoryKept(asked, [keptSince, '2020-01-01T00:00:00Z'])).not.toThrow();
});

test.each([true, false])(
  'an _until before what is kept is refused with the earliest instant that can be answered (lenient: %p)',
  (lenient) => {
    const asked = { ...kickOff, until, lenient };
    try {
      checkHistoryKept(asked, ['2026-03-01T00:00:00.000002Z', '2026-03-01T00:00:00Z', undefined]);
      throw new Error('it was not refused');
    } catch (error) {
      if (!(error instanceof ExportError)) throw error;
      expect(error).toMatchObject({ status: 400, issues: [{ code: 'value' }] });
      expect(error.issues[0]?.expression).toEqual(['_until']);
      expect(error.message).toContain(`before 2026-03-01T00:00:00.000002Z, the earliest instant`);
    }
  },
);
