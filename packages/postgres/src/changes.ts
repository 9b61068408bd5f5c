import type { Changes, Export } from '@sluice/export';
import { leafOf } from './part-boundaries.ts';
import { text } from './literals.ts';
import { versionsWanted, type PartQueryOptions } from './versions-wanted.ts';
import type { Pool } from './pool.ts';

/** Changes counted for each type: an export of more is cut as if it were of everything. */
const mostChanges = 200_000;

interface Row extends Changes {
  readonly type: string;
}

/**
 * What changed of each type since an export's `_since`, in ranges of about `perPart` changes by
 * last_updated, the column whose index it goes by. The export must be settled: then a type in which
 * nothing is seen here has nothing for a part to read, whenever it runs.
 */
export async function readChanges(
  pool: Pool,
  of: Export,
  types: readonly string[],
  perPart: number,
  options: PartQueryOptions,
): Promise<Map<string, Changes>> {
  // Every other type each, since a core that is idle while planning is time lost to small exports.
  const shares = [0, 1].map((share) => types.filter((_, i) => i % 2 === share));
  const rows = await Promise.all(shares.map((share) => look(pool, of, share, perPart, options)));
  return new Map(rows.flat().map((row) => [row.type, row]));
}

async function look(
  pool: Pool,
  of: Export,
  types: readonly string[],
  perPart: number,
  options: PartQueryOptions,
): Promise<Row[]> {
  if (types.length === 0) return [];
  const looks = types.map((type) => lookAt(of, type, perPart, options)).join('\nunion all\n');
  // The answers of several statements are a list, which pg's types do not know of.
  const answers = (await pool.query(
    `begin read only;
     set local jit = off; set local max_parallel_workers_per_gather = 0; set local enable_seqscan = off;
     ${looks};
     commit`,
  )) as unknown as { rows: Row[] }[];
  return answers.flatMap(({ rows }) => rows);
}

/**
 * Changes of the present are counted by the index alone, so deletions and what came after
 * transactionTime count too; `any` is exact where nothing changed.
 */
function lookAt(of: Export, type: string, perPart: number, options: PartQueryOptions): string {
  const wanted = (kind: 'output' | 'deleted'): string =>
    versionsWanted(of, { type: text(type), kind }, options).join(' and ');
  const exists = (kind: 'output' | 'deleted'): string =>
    `exists (select from sluice.resources r where ${wanted(kind)})`;
  const since = text(of.kickOff.since ?? '-infinity');
  return `select ${text(type)} as type, count(*)::int as count, count(*) <= ${mostChanges} as "isExact",
       coalesce(array_agg((extract(epoch from last_updated) * 1000000)::float8 order by n)
                filter (where n % ${perPart} = 0), '{}') as boundaries,
       ${exists('output')} as any, ${exists('deleted')} as deleted
  from (select last_updated, row_number() over (order by last_updated) as n
          from (select last_updated from ${leafOf(type)} where last_updated > ${since}::timestamptz
                 order by last_updated limit ${mostChanges + 1}) newest
       ) numbered`;
}
