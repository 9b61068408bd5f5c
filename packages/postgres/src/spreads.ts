import { extendBoundaries, leafOf } from './part-boundaries.ts';
import type { Pool } from './pool.ts';

/** How the present of a type is spread: an estimate, made from page probes rather than counts. */
export interface TypeSpread {
  readonly type: string;
  /** About how many versions are present. */
  readonly resources: number;
  /** What they take, with what is stored out of line. */
  readonly bytes: number;
  /** Where parts begin, ascending; the first part begins at 0. */
  readonly boundaries: readonly number[];
}

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

interface Row {
  type: string;
  pages: number;
  bytes: number;
  /** Resources per page as ANALYZE saw them; null before it ran. */
  density: number | null;
  boundaries: number[];
}

/** How types are spread, cut into ranges of about `spacing` resources each; one statement for all small ones. */
export async function readSpreads(
  pool: Pool,
  types: readonly string[],
  spacing: number,
): Promise<TypeSpread[]> {
  const { rows } = await pool.query<Row>(
    `select t.type,
            (pg_relation_size(c.oid) / current_setting('block_size')::int)::int as pages,
            pg_table_size(c.oid)::float8 as bytes,
            case when c.reltuples > 0 and c.relpages > 0 then c.reltuples / c.relpages end as density,
            array(select b.seq::float8 from sluice.part_boundaries b
                   where b.type = t.type and b.spacing = $3 order by b.seq) as boundaries
       from unnest($1::text[], $2::text[]) with ordinality as t(type, leaf, n)
       join pg_class c on c.oid = t.leaf::regclass
      order by t.n`,
    [types, types.map(leafOf), spacing],
  );
  return await Promise.all(rows.map((row) => spreadOf(pool, row, spacing)));
}

async function spreadOf(
  pool: Pool,
  { type, pages, bytes, density, boundaries }: Row,
  spacing: number,
): Promise<TypeSpread> {
  const perPage = pages === 0 ? 0 : (density ?? (await sampleDensity(pool, leafOf(type), pages)));
  const resources = Math.round(pages * perPage);
  if (resources <= spacing * 1.5) return { type, resources, bytes, boundaries };
  return {
    type,
    resources,
    bytes,
    boundaries: await extendBoundaries(pool, type, spacing, { pages, resources }),
  };
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
