/** A function that reads a text; what it makes of it does not matter here. */
export type Parse = (text: string) => unknown;

const sizes = [1024, 16_384, 65_536] as const;
/** What takes no longer than that is not measured a second time. */
const quickUs = 3000;
/** What takes less is counted as this: shorter times say nothing. */
const floorUs = 1000;
/** No text of 64 KB may take longer. */
const mostUs = 2_000_000;
/** How much more a byte of a longer text may cost. */
const mostGrowth = 2;
const rounds = 3;

/**
 * Measures the CPU time that a parser takes for texts of 1, 16 and 64 KB of one kind, and says what is wrong with it; `undefined`: nothing.
 * Never measured by the clock, and believed only when it was seen several times, so that other load does not matter.
 *
 * @param make a text of so many characters
 */
export async function findExcess(
  parse: Parse,
  make: (length: number) => string,
): Promise<string | undefined> {
  const texts = sizes.map(make);
  const costs: number[] = [];
  for (const text of texts) costs.push(await costOf(parse, text));
  if (costs.every((cost) => cost <= quickUs)) return undefined;
  for (let round = 0; round < rounds && excessIn(costs) !== undefined; round += 1) {
    for (const [index, text] of texts.entries()) {
      costs[index] = Math.min(costs[index] ?? Infinity, await costOf(parse, text));
    }
  }
  return excessIn(costs);
}

function excessIn(costs: readonly number[]): string | undefined {
  const perByte = costs.map((cost, index) => Math.max(cost, floorUs) / (sizes[index] ?? 1));
  const grows = perByte.some((cost, index) => cost > mostGrowth * (perByte[index - 1] ?? Infinity));
  const [, , longest = 0] = costs;
  if (!grows && longest <= mostUs) return undefined;
  return `texts of ${sizes.join(', ')} characters take ${costs.join(', ')} µs of CPU`;
}

/** Microseconds of CPU. A parser may refuse a text by an error of its own, not by one of the language. */
async function costOf(parse: Parse, text: string): Promise<number> {
  const start = process.cpuUsage();
  try {
    await parse(text);
  } catch (error) {
    const { name } = error as Error;
    if (name === 'RangeError' || name === 'TypeError') throw error;
  }
  const { user, system } = process.cpuUsage(start);
  return user + system;
}
