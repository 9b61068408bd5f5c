/**
 * Resources up to which parts share a job. Below it a part costs little but its round trips (claim,
 * completion, job), which a job makes once for all its parts.
 */
const smallJob = 800;

/** What matters of a part here: its number, and about how many resources it holds. */
interface Sized {
  readonly number: number;
  readonly resources: number;
}

/**
 * Packs parts of an export into jobs: numbers of parts, the largest first, so that the small ones fill the time
 * in which the last large ones end. A job holds one part, or several small ones.
 */
export function packParts(parts: readonly Sized[]): number[][] {
  const jobs: { resources: number; numbers: number[] }[] = [];
  for (const { number, resources } of parts.toSorted((a, b) => b.resources - a.resources)) {
    const last = jobs.at(-1);
    if (last && last.resources + resources <= smallJob) {
      last.numbers.push(number);
      last.resources += resources;
    } else {
      jobs.push({ numbers: [number], resources });
    }
  }
  return jobs.map(({ numbers }) => numbers);
}
