import fc from 'fast-check';
import { relativeEnd } from './relative-end.ts';

test.each([
  ['http://a/fhir/Patient/1', 'Patient/1'],
  ['http://a/fhir/Patient/1/_history/2', 'Patient/1/_history/2'],
  ['http://a/fhir?x=Patient/1', 'Patient/1'],
  ['http://a/ValueSet/1|2.0', '1|2.0'],
  ['urn:uuid:1', 'urn:uuid:1'],
  ['http://a/P/1', '1'],
  ['http://a/_history/1', '1'],
  ['Patient/', ''],
])('of %s there is left %s', (url, end) => {
  expect(relativeEnd(url)).toBe(end);
});

/** The same as one expression, which takes quadratic time and is right for short texts. */
const typed = /[A-Z][A-Za-z]+\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

test('of any text there is left what its definition says', () => {
  const unit = fc.constantFrom(
    'A',
    'b',
    '/',
    '1',
    '_',
    '/_history/',
    'Patient',
    '|',
    '1'.repeat(33),
  );
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      const end = typed.exec(text)?.[0] ?? text.slice(text.lastIndexOf('/') + 1);
      expect(relativeEnd(text)).toBe(end);
    }),
    { numRuns: 2000 },
  );
});
