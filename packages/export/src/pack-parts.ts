import type { PartPlan } from './plan-parts.ts';

/**
 * Resources up to which parts share a job. Below it a part costs little but its round trips (claim,
 * completion, job), which a job makes once for all its parts.
 */
const smallJob = 800;

/**
 * Packs parts into jobs: numbers of parts, the largest first, so that the small ones fill the time
 * in which the last large ones end. A job holds one part, or several small ones.
 */
export function packParts(parts: readonly PartPlan[]): number[][] {
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
