import fc from 'fast-check';
import { ExportError } from './errors.ts';
import { kickOffParameters } from './kick-off-parameters.ts';
import type { KickOffRequest } from './kick-off-request.ts';
import { parseKickOff } from './kick-off.ts';
import { readParametersBody } from './parameters-body.ts';

const options = { headers: 'strict', now: 1_800_000_000_000, baseUrl: 'http://x/fhir' } as const;
const anyText = fc.string({ unit: 'binary' });
const names = fc.oneof(fc.constantFrom(...Object.keys(kickOffParameters)), anyText);
const searches = fc
  .tuple(
    fc.constantFrom('Patient', 'Observation', 'Group', 'Foo', ''),
    fc.constantFrom(
      '?',
      '?_id=',
      '?name:exact=',
      '?birthdate=ge',
      '?code=',
      '?_sort=',
      '%3F',
      ',Patient?',
    ),
    anyText,
  )
  .map((parts) => parts.join(''));
const values = fc.oneof(
  anyText,
  searches,
  fc.constantFrom(
    'Patient',
    'Patient,Group',
    'ndjson',
    '2026-01-01T00:00:00Z',
    '2020',
    '1',
    'Patient/1',
    'id,Patient.name',
    'true',
    '_history',
    'LatestProvenanceResources',
    '\\,',
    '\u0000',
    '\ud800',
    '%00',
    '%zz',
  ),
);
const pairs = fc.array(fc.tuple(names, values));
const queries = fc.oneof(
  pairs.map((given) => given.map(([name, value]) => `${name}=${value}`).join('&')),
  pairs.map((given) => {
    const encode = (text: string) => encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, '?'));
    return given.map(([name, value]) => `${encode(name)}=${encode(value)}`).join('&');
  }),
  anyText,
);
const entries = fc.record(
  {
    name: names,
    valueString: values,
    valueCode: values,
    valueInstant: values,
    valueBoolean: fc.boolean(),
    valueReference: fc.record({ reference: values }),
    valueCoding: fc.record({ code: values }),
  },
  { requiredKeys: [] },
);
const entry = fc
  .tuple(names, fc.constantFrom('valueString', 'valueCode', 'valueInstant'), values)
  .map(([name, form, value]) => ({ name, [form]: value }));
const bodies = fc.oneof(
  fc.jsonValue(),
  fc
    .array(fc.oneof(entry, entries))
    .map((parameter) => ({ resourceType: 'Parameters', parameter })),
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
  body: bodies.map((body) => readParametersBody(Buffer.from(JSON.stringify(body)))),
});

test('whatever is sent is either accepted or refused with issues of its own', () => {
  fc.assert(
    fc.property(requests, (request) => {
      try {
        const kickOff = parseKickOff(request, options);
        const { types, patients, level, notices, typeFilters, elements, associated } = kickOff;
        // What is accepted can never mean more than was asked for.
        expect(types?.length).not.toBe(0);
        expect(patients?.length).not.toBe(0);
        for (const lists of [typeFilters, elements]) {
          expect(lists && Object.values(lists).every((list) => list.length > 0)).not.toBe(false);
        }
        expect(associated && Object.keys(associated).length).not.toBe(0);
        expect(typeFilters && (associated?.history ?? associated?.deleted)).toBeUndefined();
        expect(level === 'system' && patients !== undefined).toBe(false);
        expect(notices.length).toBeLessThanOrEqual(51);
        expect(textsOf(kickOff).filter((text) => unstorable.test(text))).toEqual([]);
      } catch (error) {
        if (!(error instanceof ExportError)) throw error;
        expect([400, 406, 415]).toContain(error.status);
        expect(error.issues.length).toBeGreaterThan(0);
      }
    }),
    { numRuns: 2000 },
  );
});

/** What Postgres does not take in jsonb. */
const unstorable = /\0|\p{Surrogate}/u;

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => [name, ...textsOf(each)]);
}
