import type { Pool } from './pool.ts';
import { withTransaction } from './transaction.ts';

/** How the present of a type is spread: an estimate, made from page probes rather than counts. */
export interface TypeSpread {
  readonly type: string;
  /** About how many versions are present. */
  readonly resources: number;
  /** Where parts begin, ascending; the first part begins at 0. */
  readonly boundaries: readonly number[];
}

/** Pages probed for each part's worth of resources; more gives evener parts. */
const probesPerPart = 8;

/** The types that have ever been stored. */
export async function listStoredTypes(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ type: string }>(
    `select substring(pg_get_expr(c.relpartbound, c.oid) from $$'([A-Za-z]+)'$$) as type
       from pg_inherits i join pg_class c on c.oid = i.inhrelid
      where i.inhparent = 'sluice.resources'::regclass
      order by 1`,
  );
  return rows.map((row) => row.type);
}

/**
 * Cuts a type into ranges of about `spacing` resources. Boundaries are kept once made and only added
 * past the last one, so that a range that did not change is the same part in every export.
 */
export async function spreadOf(pool: Pool, type: string, spacing: number): Promise<TypeSpread> {
  const leaf = `sluice."resources_${type.toLowerCase()}_current"`;
  const { pages, resources } = await estimate(pool, leaf);
  if (resources <= spacing * 1.5) {
    const known = await readBoundaries(pool, type, spacing);
    return { type, resources, boundaries: known };
  }
  const boundaries = await withTransaction(pool, async (client) => {
    await client.query(
      `select pg_advisory_xact_lock(hashtext('sluice.part_boundaries'), hashtext($1))`,
      [type],
    );
    const known = await readBoundaries(client, type, spacing);
    const count = Math.min(pages, Math.ceil((resources / spacing) * probesPerPart));
    const probes = Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * pages) / count));
    const { rows } = await client.query<{ seq: string }>(
      `select seq from ${leaf} where ctid = any($1::tid[]) order by seq`,
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
  return { type, resources, boundaries };
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

async function readBoundaries(
  db: Pick<Pool, 'query'>,
  type: string,
  spacing: number,
): Promise<number[]> {
  const { rows } = await db.query<{ seq: string }>(
    'select seq from sluice.part_boundaries where type = $1 and spacing = $2 order by seq',
    [type, spacing],
  );
  return rows.map((row) => Number(row.seq));
}

/** Pages of a table, and rows by the density that ANALYZE knows or, before it ran, a few pages show. */
async function estimate(pool: Pool, leaf: string): Promise<{ pages: number; resources: number }> {
  const { rows } = await pool.query<{ pages: number; density: number | null }>(
    `select (pg_relation_size(c.oid) / current_setting('block_size')::int)::int as pages,
            case when c.reltuples > 0 and c.relpages > 0 then c.reltuples / c.relpages end as density
       from pg_class c where c.oid = $1::regclass`,
    [leaf],
  );
  const pages = rows[0]?.pages ?? 0;
  if (pages === 0) return { pages, resources: 0 };
  const density = rows[0]?.density ?? (await sampleDensity(pool, leaf, pages));
  return { pages, resources: Math.round(pages * density) };
}

async function sampleDensity(pool: Pool, leaf: string, pages: number): Promise<number> {
  const sampled = Math.min(pages, 8);
  const ranges = Array.from({ length: sampled }, (_, i) =>
    Math.floor(((i + 0.5) * pages) / sampled),
  );
  const { rows } = await pool.query<{ n: number }>(
    `select count(*)::int as n from (${ranges
      .map(
        (page) => `select 1 from ${leaf} where ctid >= '(${page},0)' and ctid < '(${page + 1},0)'`,
      )
      .join(' union all ')}) sample`,
  );
  return (rows[0]?.n ?? 0) / sampled;
}
