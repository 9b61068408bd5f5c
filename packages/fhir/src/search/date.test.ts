import { compileFilter } from './compile.ts';
import { parseTypeFilter } from './type-filter.ts';

const now = '2024-01-01T00:00:00Z';

function matches(query: string, more: object): boolean {
  const filter = parseTypeFilter('Observation', query);
  const options = { baseUrl: '', nowMs: Date.parse(now) };
  return compileFilter([filter], options)({ resourceType: 'Observation', ...more });
}

const on = (effectiveDateTime: string) => ({ effectiveDateTime });
const during = (start?: string, end?: string) => ({
  effectivePeriod: { ...(start && { start }), ...(end && { end }) },
});

test.each<[string, object, boolean]>([
  // eq: the searched covers the found
  ['date=2013-01-14', on('2013-01-14T00:00:00Z'), true],
  ['date=2013-01-14', on('2013-01-14T10:00:00Z'), true],
  ['date=2013-01-14', on('2013-01-15T00:00:00Z'), false],
  ['date=eq2013-01-14', on('2013-01-14'), true],
  ['date=2013-01-14', on('2013-01'), false],
  ['date=2013-01', on('2013-01-14'), true],
  ['date=2013', on('2013'), true],
  ['date=2013', on('2014'), false],
  ['date=2013', during('2013-02', '2013-03'), true],
  ['date=2013', during('2013-02', '2014-03'), false],
  ['date=2013', during('2013-02'), false],
  ['date=2012,2013', on('2013-05'), true],
  // ne
  ['date=ne2013-01-14', on('2013-01-14T10:00:00Z'), false],
  ['date=ne2013-01-14', on('2013-01-15'), true],
  ['date=ne2013-01-14', on('2013-01'), true],
  ['date=ne2013', during('2013-02'), true],
  ['date=ne2013', {}, false],
  // lt
  ['date=lt2013-01-14T10:00Z', on('2013-01-14'), true],
  ['date=lt2013-01-14T10:00Z', during('2013-01-13T12:00:00Z', '2013-01-14T12:00:00Z'), true],
  ['date=lt2013-01-14T10:00Z', during('2013-01-14T08:00:00Z', '2013-01-15T08:00:00Z'), true],
  ['date=lt2013-01-14T10:00Z', on('2013-01-14T10:00:00Z'), false],
  ['date=lt2013-01-14', on('2013-01-14'), false],
  ['date=lt2013-01-14', on('2013'), true],
  // gt
  ['date=gt2013-01-14T10:00Z', on('2013-01-14'), true],
  ['date=gt2013-01-14T10:00Z', during('2013-01-13T12:00:00Z', '2013-01-14T12:00:00Z'), true],
  ['date=gt2013-01-14T10:00Z', on('2013-01-14T10:00:30Z'), false],
  ['date=gt2013-01-14T10:00Z', on('2013-01-14T10:01:00Z'), true],
  ['date=gt2013-01-14', on('2013-01-14T23:59:59Z'), false],
  ['date=gt2013', on('2013-12-31'), false],
  ['date=gt2013', during('2010'), true],
  // ge
  ['date=ge2013-03-14', during('2013-01-21'), true],
  ['date=ge2013-03-14', on('2013-03-14'), true],
  ['date=ge2013-03-14', on('2013-03-13'), false],
  ['date=ge2013-03-14', during('2013-01', '2013-03-13'), false],
  ['date=ge2013-03-14', during(undefined, '2013-03-15'), true],
  // le
  ['date=le2013-03-14', during('2013-01-21'), true],
  ['date=le2013-03-14', on('2013-03-14T23:59:59Z'), true],
  ['date=le2013-03-14', on('2013-03-15'), false],
  ['date=le2013-03-14', during('2013-03-15'), false],
  ['date=le2013-03-14', during(undefined, '2020'), true],
  // sa
  ['date=sa2013-03-14', during('2013-03-15'), true],
  ['date=sa2013-03-14', during('2013-01-21'), false],
  ['date=sa2013-03-14', during(undefined, '2013-01-21'), false],
  ['date=sa2013-03-14', on('2013-03-14T12:00:00Z'), false],
  // eb
  ['date=eb2013-03-14', during('2013-03-15'), false],
  ['date=eb2013-03-14', during(undefined, '2013-01-21'), true],
  ['date=eb2013-03-14', during('2012', '2013-03-14'), false],
  ['date=eb2013-03-14', during('2012', '2013-03-13'), true],
  // ap: a tenth of the time from then till now, here 365 days of ten years
  ['date=ap2014-01-01', on('2014-01-01'), true],
  ['date=ap2014-01-01', on('2014-12-31'), true],
  ['date=ap2014-01-01', on('2015-01-03'), false],
  ['date=ap2014-01-01', on('2013-01-02'), true],
  ['date=ap2014-01-01', on('2012-12-30'), false],
  ['date=ap2014-01-01', during('2010', '2013-06'), true],
  ['date=ap2024-01-11', on('2024-01-12'), true],
  ['date=ap2024-01-11', on('2024-01-14'), false],
  // time zones
  ['date=2013-01-14', on('2013-01-14T23:30:00-05:00'), false],
  ['date=2013-01-15', on('2013-01-14T23:30:00-05:00'), true],
  ['date=ge2013-01-14T10:00:00%2B02:00', on('2013-01-14T08:00:00Z'), true],
  ['date=ge2013-01-14T10:00:00+02:00', on('2013-01-14T08:00:00Z'), true],
  ['date=lt2013-01-14T10:00:00+02:00', on('2013-01-14T08:00:00Z'), false],
  // windows
  ['date=ge2013&date=lt2014', on('2013-05'), true],
  ['date=ge2013&date=lt2014', on('2014-05'), false],
  ['date=ge2013&date=lt2014', during('2010', '2020'), true],
  // other elements
  ['date=2013', { effectiveTiming: { event: ['2013-01-01', '2013-05-01'] } }, true],
  ['date=2013', { effectiveInstant: '2013-01-01T00:00:00.000Z' }, true],
  ['date=2013', { effectiveDateTime: 'unknown' }, false],
  ['date:missing=true', {}, true],
  ['date:missing=false', on('2013'), true],
  ['date:missing=true', during('2013'), false],
])('%s of %j: %s', (query, resource, expected) => {
  expect(matches(query, resource)).toBe(expected);
});

const updated = (lastUpdated: string) => ({ meta: { lastUpdated } });

test.each<[string, string, boolean]>([
  ['_lastUpdated=gt2020-01-01T00:00:00.123Z', '2020-01-01T00:00:00.123Z', false],
  ['_lastUpdated=gt2020-01-01T00:00:00.123Z', '2020-01-01T00:00:00.124Z', true],
  ['_lastUpdated=ge2020-01-01T00:00:00.123456Z', '2020-01-01T00:00:00.123456Z', true],
  ['_lastUpdated=ge2020-01-01T00:00:00.123456Z', '2020-01-01T00:00:00.123455Z', false],
  ['_lastUpdated=lt2020-01-01T00:00:00.123456Z', '2020-01-01T00:00:00.123455Z', true],
  ['_lastUpdated=lt2020-01-01T00:00:00.123456Z', '2019-12-31T19:00:00.123455-05:00', true],
  ['_lastUpdated=2020-01-01T00:00:00Z', '2020-01-01T00:00:00.999999Z', true],
])('%s of %s: %s', (query, lastUpdated, expected) => {
  expect(matches(query, updated(lastUpdated))).toBe(expected);
});

test.each(['date=x', 'date=2013-02-30', 'date=gte2013', 'date=GE2013', 'date=ge', 'date=2013,x'])(
  '%s is invalid',
  (query) => {
    expect(() => parseTypeFilter('Observation', query)).toThrow(
      expect.objectContaining({ code: 'invalid', parameter: 'date' }) as Error,
    );
  },
);
