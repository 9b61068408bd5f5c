/** The exact value `digits` × 10^`exponent`. */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

const pattern = /^([+-]?)(\d{1,400})(?:\.(\d{1,400}))?(?:[eE]([+-]?\d{1,3}))?$/;

/**
 * Reads a decimal as it is written, so that nothing is rounded: `0.1` is a tenth, and `100.00` remembers its two decimals (as exponent
 * -2). R4 reads the precision of `1e2` as that of `1.0e2`. Answers `undefined` for anything else, and for exponents and lengths no measurement has.
 */
export function parseDecimal(text: string): Decimal | undefined {
  const match = pattern.exec(text);
  if (match === null) {
    return undefined;
  }
  const [, sign, whole = '', given, power] = match;
  const fraction = given ?? (power === undefined ? '' : '0');
  const digits = BigInt(whole + fraction);
  return {
    digits: sign === '-' ? -digits : digits,
    exponent: Number(power ?? '0') - fraction.length,
  };
}

/** Answers less than, equal to or greater than zero as `a` is less than, equal to or greater than `b`. */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const exponent = Math.min(a.exponent, b.exponent);
  const difference = scaleTo(a, exponent) - scaleTo(b, exponent);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** `a` + `numerator` × 10^`exponent`. */
export function addDecimal(a: Decimal, numerator: bigint, exponent: number): Decimal {
  const common = Math.min(a.exponent, exponent);
  return {
    digits: scaleTo(a, common) + scaleTo({ digits: numerator, exponent }, common),
    exponent: common,
  };
}

function scaleTo({ digits, exponent }: Decimal, smaller: number): bigint {
  return exponent === smaller ? digits : digits * 10n ** BigInt(exponent - smaller);
}
