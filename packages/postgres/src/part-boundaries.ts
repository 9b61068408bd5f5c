import type { Pool, Queryable } from './pool.ts';
import { withTransaction } from './transaction.ts';

/** How the pages of a type are filled. */
export interface Extent {
  readonly pages: number;
  /** About how many versions are present. */
  readonly resources: number;
}

/** Pages probed for each part's worth of resources; more gives evener parts. */
const probesPerPart = 8;

/** The table that holds the present of a stored type. */
export function leafOf(type: string): string {
  return `sluice."resources_${type.toLowerCase()}_current"`;
}

/**
 * Cuts a type into ranges of about `spacing` resources, by probing pages. Boundaries are kept once
 * made and only added past the last one, so that a range that did not change is the same part in
 * every export.
 *
 * @returns every boundary, ascending
 */
export async function extendBoundaries(
  pool: Pool,
  type: string,
  spacing: number,
  { pages, resources }: Extent,
): Promise<number[]> {
  return await withTransaction(pool, async (client) => {
    await client.query(
      `select pg_advisory_xact_lock(hashtext('sluice.part_boundaries'), hashtext($1))`,
      [type],
    );
    const known = await readBoundaries(client, type, spacing);
    const count = Math.min(pages, Math.ceil((resources / spacing) * probesPerPart));
    const probes = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * pages) / count));
    const { rows } = await client.query<{ seq: string }>(
      `select seq from ${leafOf(type)} where ctid = any($1::tid[]) order by seq`,
      [probes.flatMap((page) => [1, 2, 3].map((item) => `(${page},${item})`))],
    );
    const added = cut(
      rows.map((row) => Number(row.seq)),
      known.at(-1) ?? 0,
      (rows.length * spacing) / resources,
    );
    await client.query(
      `insert into sluice.part_boundaries (type, spacing, seq) select $1, $2, unnest($3::bigint[])
       on conflict do nothing`,
      [type, spacing, added],
    );
    return [...known, ...added];
  });
}

/** Boundaries after `last`, one for each `perPart` samples; the tail stays with the last range. */
export function cut(samples: readonly number[], last: number, perPart: number): number[] {
  const fresh = samples.filter((seq) => seq > last);
  const boundaries: number[] = [];
  for (let next = perPart; next < fresh.length - perPart / 2; next += perPart) {
    const seq = fresh[Math.floor(next)];
    if (seq !== undefined && seq > (boundaries.at(-1) ?? last)) boundaries.push(seq);
  }
  return boundaries;
}

async function readBoundaries(db: Queryable, type: string, spacing: number): Promise<number[]> {
  const { rows } = await db.query<{ seq: string }>(
    'select seq from sluice.part_boundaries where type = $1 and spacing = $2 order by seq',
    [type, spacing],
  );
  return rows.map((row) => Number(row.seq));
}
