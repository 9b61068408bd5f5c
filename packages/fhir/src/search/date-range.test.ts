import { type DateRange, elementDateRange, endOfTime, parseDateRange } from './date-range.ts';

const at = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;
const between = (from: string, to: string): DateRange => ({ from: at(from), to: at(to) });

test.each<[string, string, string]>([
  ['2020', '2020-01-01T00:00Z', '2021-01-01T00:00Z'],
  ['2020-02', '2020-02-01T00:00Z', '2020-03-01T00:00Z'],
  ['2020-12', '2020-12-01T00:00Z', '2021-01-01T00:00Z'],
  ['2020-02-29', '2020-02-29T00:00Z', '2020-03-01T00:00Z'],
  ['2020-03-04T05:06Z', '2020-03-04T05:06Z', '2020-03-04T05:07Z'],
  ['2020-03-04T05:06', '2020-03-04T05:06Z', '2020-03-04T05:07Z'],
  ['2020-03-04T05:06:07Z', '2020-03-04T05:06:07Z', '2020-03-04T05:06:08Z'],
  ['2020-03-04T05:06:07.8Z', '2020-03-04T05:06:07.800Z', '2020-03-04T05:06:07.900Z'],
  ['2020-03-04T05:06:07.089Z', '2020-03-04T05:06:07.089Z', '2020-03-04T05:06:07.090Z'],
  ['2020-03-04T05:06:07+02:00', '2020-03-04T03:06:07Z', '2020-03-04T03:06:08Z'],
  ['2020-03-04T05:06:07-05:30', '2020-03-04T10:36:07Z', '2020-03-04T10:36:08Z'],
  ['2020-01-01T00:30:00+01:00', '2019-12-31T23:30:00Z', '2019-12-31T23:30:01Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00Z', '2017-01-01T00:00:01Z'],
])('%s is from %s up to %s', (text, from, to) => {
  expect(parseDateRange(text)).toEqual(between(from, to));
});

test('digits are kept to the nanosecond', () => {
  const second = at('2020-01-01T00:00:00Z');
  expect(parseDateRange('2020-01-01T00:00:00.1234567Z')).toEqual({
    from: second + 123_456_700n,
    to: second + 123_456_800n,
  });
  expect(parseDateRange('2020-01-01T00:00:00.123456789123Z')).toEqual({
    from: second + 123_456_789n,
    to: second + 123_456_790n,
  });
});

test('the first centuries are what they say', () => {
  const days = (range: DateRange | undefined) =>
    range && (range.to - range.from) / 86_400_000_000_000n;
  expect(days(parseDateRange('0004'))).toBe(366n);
  expect(days(parseDateRange('0099'))).toBe(365n);
  expect(parseDateRange('0001')?.from).toBe(at('0001-01-01T00:00:00Z'));
  expect(parseDateRange('9999')?.to).toBe(at('+010000-01-01T00:00:00Z'));
});

test.each([
  '',
  '20',
  '20200101',
  '2020-1',
  '2020-13',
  '2020-00',
  '2019-02-29',
  '2020-04-31',
  '2020-01-00',
  '2020-01-01T',
  '2020-01-01T24:00Z',
  '2020-01-01T10',
  '2020-01-01T10:60Z',
  '2020-01-01T10:00:61Z',
  '2020-01-01T10:00:00.Z',
  '2020-01-01T10:00:00+15:00',
  '2020-01-01T10:00:00+05:60',
  '2020-01-01T10:00:00z',
  '2020-01-01 10:00:00Z',
  ' 2020',
  'today',
])('"%s" is no date', (text) => {
  expect(parseDateRange(text)).toBeUndefined();
});

test('a Period ends when its end is over, and a missing end is open', () => {
  expect(elementDateRange({ start: '2020-01', end: '2020-02-03' }, 'Period')).toEqual(
    between('2020-01-01T00:00Z', '2020-02-04T00:00Z'),
  );
  expect(elementDateRange({ start: '2020' }, 'Period')).toEqual({
    from: at('2020-01-01T00:00Z'),
    to: endOfTime,
  });
  expect(elementDateRange({ end: '2020' }, 'Period')?.to).toBe(at('2021-01-01T00:00Z'));
});

test('of a Timing the outer limits count', () => {
  const timing = {
    event: ['2020-05-02', '2020-05-01', '2020-05-09'],
    repeat: { boundsPeriod: { start: '2020-05-03', end: '2020-05-20' } },
  };
  expect(elementDateRange(timing, 'Timing')).toEqual(
    between('2020-05-01T00:00Z', '2020-05-21T00:00Z'),
  );
  expect(elementDateRange({ event: ['2020-05'] }, 'Timing')).toEqual(parseDateRange('2020-05'));
});

test.each<[unknown, string]>([
  [{}, 'Period'],
  [{ start: 'soon' }, 'Period'],
  [{ start: '2020', end: 'later' }, 'Period'],
  [{ repeat: { frequency: 1 } }, 'Timing'],
  [{ event: [] }, 'Timing'],
  [{ event: 'x', repeat: null }, 'Timing'],
  [1, 'dateTime'],
  ['never', 'dateTime'],
])('%j of type %s says nothing of a time', (element, type) => {
  expect(elementDateRange(element, type)).toBeUndefined();
});
