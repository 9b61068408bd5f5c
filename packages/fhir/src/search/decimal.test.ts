import fc from 'fast-check';
import { addDecimal, compareDecimals, type Decimal, parseDecimal } from './decimal.ts';

function decimal(text: string): Decimal {
  const parsed = parseDecimal(text);
  if (parsed === undefined) throw new Error(`no decimal: ${text}`);
  return parsed;
}

test.each<[string, number, string]>([
  ['0.1', 0, '0.10'],
  ['1e2', 0, '100'],
  ['1E+2', 0, '100.000'],
  ['5.4e-3', 0, '0.0054'],
  ['-0', 0, '0'],
  ['+7', 0, '7'],
  ['0.30000000000000004', 1, '0.3'],
  ['-1', -1, '1'],
  ['-10', -1, '-9'],
  ['99999999999999999999', -1, '100000000000000000000'],
  ['1e300', 1, '1e-300'],
])('%s compared with %s gives the sign %i', (a, sign, b) => {
  expect(compareDecimals(decimal(a), decimal(b))).toBe(sign);
  expect(compareDecimals(decimal(b), decimal(a)) + sign).toBe(0);
});

test.each(['', '.5', '5.', '1,5', '1e', 'e5', '0x1', ' 1', '1 ', 'Infinity', '--1', '1e1000'])(
  '"%s" is no decimal',
  (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  },
);

test('a tenth and two tenths are three tenths', () => {
  const sum = addDecimal(decimal('0.1'), 2n, -1);
  expect(compareDecimals(sum, decimal('0.3'))).toBe(0);
});

test('numbers compare as their shortest texts do', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(number, number, (a, b) => {
      expect(compareDecimals(decimal(String(a)), decimal(String(b)))).toBe(Math.sign(a - b) + 0);
    }),
  );
});
