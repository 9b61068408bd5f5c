/**
 * Effort, in resources of common size, up to which parts share a job. Below it a part costs little but its round trips (claim,
 * completion, job), which a job makes once for all its parts.
 */
const smallJob = 800;

/** What matters of a part here: its number, and about how much work it is. */
interface Sized {
  readonly number: number;
  readonly effort: number;
}

/**
 * Packs parts of an export into jobs: numbers of parts, the largest first, so that the small ones fill the time
 * in which the last large ones end. A job holds one part, or several small ones.
 */
export function packParts(parts: readonly Sized[]): number[][] {
  const jobs: { effort: number; numbers: number[] }[] = [];
  for (const { number, effort } of parts.toSorted((a, b) => b.effort - a.effort)) {
    const last = jobs.at(-1);
    if (last && last.effort + effort <= smallJob) {
      last.numbers.push(number);
      last.effort += effort;
    } else {
      jobs.push({ numbers: [number], effort });
    }
  }
  return jobs.map(({ numbers }) => numbers);
}
