/**
 * How much longer than on a quiet machine a test may wait: SLUICE_TEST_TIMEOUT_FACTOR, by default 3. A test that
 * passes waits for conditions and never for a limit, so patience costs nothing.
 */
export const patience = readFactor(process.env['SLUICE_TEST_TIMEOUT_FACTOR']);

/** A limit as it is written for a quiet machine, made as long as this one needs. In ms. */
export function patiently(limitMs: number): number {
  return limitMs * patience;
}

function readFactor(text = '3'): number {
  const factor = Number(text);
  if (factor >= 1 && factor <= 100) return factor;
  throw new Error(`SLUICE_TEST_TIMEOUT_FACTOR is ${JSON.stringify(text)}; accepted: 1 to 100`);
}
