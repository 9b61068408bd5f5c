import fc from 'fast-check';
import { ExportError } from './errors.ts';
import { kickOffParameters } from './kick-off-parameters.ts';
import type { KickOffRequest } from './kick-off-request.ts';
import { parseKickOff } from './kick-off.ts';

const options = { headers: 'strict', now: 1_800_000_000_000, baseUrl: 'http://x/fhir' } as const;
const names = fc.oneof(fc.constantFrom(...Object.keys(kickOffParameters)), fc.string());
const values = fc.oneof(
  fc.string(),
  fc.constantFrom(
    'Patient',
    'Patient,Group',
    'ndjson',
    '2026-01-01T00:00:00Z',
    '1',
    'Patient/1',
    '%zz',
  ),
);
const queries = fc
  .array(fc.tuple(names, values))
  .map((pairs) => pairs.map(([name, value]) => `${name}=${value}`).join('&'));
const entries = fc.record(
  { name: names, valueString: values, valueReference: fc.record({ reference: values }) },
  { requiredKeys: [] },
);
const bodies = fc.oneof(
  fc.jsonValue(),
  fc.array(entries).map((parameter) => ({ resourceType: 'Parameters', parameter })),
);
const requests: fc.Arbitrary<KickOffRequest> = fc.record({
  level: fc.constantFrom('system', 'patient', 'group'),
  method: fc.constantFrom('GET', 'POST'),
  url: fc.constant('http://x/fhir/$export'),
  headers: fc.record({
    accept: fc.oneof(fc.constant('application/fhir+json'), fc.string()),
    prefer: fc.oneof(fc.constant(['respond-async, handling=lenient']), fc.array(fc.string())),
    contentType: fc.oneof(fc.constant('application/json'), fc.string()),
  }),
  query: queries,
  body: bodies,
});

test('whatever is sent is either accepted or refused with issues of its own', () => {
  fc.assert(
    fc.property(requests, (request) => {
      try {
        const { types, patients, level, notices } = parseKickOff(request, options);
        // What is accepted can never mean more than was asked for.
        expect(types?.length).not.toBe(0);
        expect(patients?.length).not.toBe(0);
        expect(level === 'system' && patients !== undefined).toBe(false);
        expect(notices.length).toBeLessThanOrEqual(51);
      } catch (error) {
        if (!(error instanceof ExportError)) throw error;
        expect([400, 406, 415]).toContain(error.status);
        expect(error.issues.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 2000 },
  );
});
