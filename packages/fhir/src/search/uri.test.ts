import { compileFilter } from './compile.ts';
import { parseTypeFilter } from './type-filter.ts';

const matches = (query: string, more: object) =>
  compileFilter([parseTypeFilter('ValueSet', query)], { baseUrl: '', nowMs: 0 })({
    resourceType: 'ValueSet',
    ...more,
  });

const acme = { url: 'http://acme.org/fhir/ValueSet/123' };

test.each<[string, object, boolean]>([
  ['url=http://acme.org/fhir/ValueSet/123', acme, true],
  ['url=http%3A%2F%2Facme.org%2Ffhir%2FValueSet%2F123', acme, true],
  ['url=http://acme.org/fhir/ValueSet/12', acme, false],
  ['url=http://ACME.org/fhir/ValueSet/123', acme, false],
  ['url=x,http://acme.org/fhir/ValueSet/123', acme, true],
  ['url=urn:oid:1.2.3', { url: 'urn:oid:1.2.3' }, true],
  ['url:below=http://acme.org/fhir/', acme, true],
  ['url:below=http://acme.org/fhir', acme, true],
  ['url:below=http://acme.org/fhir/ValueSet/123', acme, true],
  ['url:below=http://acme.org/fhir/ValueSet/12', acme, false],
  ['url:below=http://acme.org/fhir/ValueSet/123/_history/5', acme, false],
  ['url:above=http://acme.org/fhir/ValueSet/123/_history/5', acme, true],
  ['url:above=http://acme.org/fhir/ValueSet/123', acme, true],
  ['url:above=http://acme.org/fhir/ValueSet/1234', acme, false],
  ['url:missing=true', {}, true],
  ['url:missing=false', acme, true],
  ['_source=urn:lab', { meta: { source: 'urn:lab' } }, true],
  ['_source=urn:lab', { meta: { source: 'urn:lab:2' } }, false],
  ['_profile=http://p.org/a', { meta: { profile: ['http://p.org/b', 'http://p.org/a'] } }, true],
  ['_profile=http://p.org/a', { meta: { profile: ['http://p.org/a|2.0'] } }, true],
  ['_profile=http://p.org/a|2.0', { meta: { profile: ['http://p.org/a|2.0'] } }, true],
  ['_profile=http://p.org/a|1.0', { meta: { profile: ['http://p.org/a|2.0'] } }, false],
  ['_profile=http://p.org/a|1.0', { meta: { profile: ['http://p.org/a'] } }, false],
  ['_profile:below=http://p.org', { meta: { profile: ['http://p.org/a'] } }, true],
])('%s of %j: %s', (query, resource, expected) => {
  expect(matches(query, resource)).toBe(expected);
});

test('above and below are for URLs', () => {
  expect(() => parseTypeFilter('ValueSet', 'url:below=urn:oid:1.2')).toThrow(
    'url:below: a URL is expected, not "urn:oid:1.2".',
  );
});
