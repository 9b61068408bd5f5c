import type { ExportState } from '@sluice/export';
import type { Pool } from './pool.ts';

/** How many exports there are, and how long the oldest active one has held its slot. */
export interface ExportCounts {
  readonly byState: Partial<Readonly<Record<ExportState, number>>>;
  readonly slotHeldSeconds: number;
}

/** Counts the exports by state. */
export async function countExports(pool: Pool): Promise<ExportCounts> {
  const { rows } = await pool.query<{ state: ExportState; count: number; held: number | null }>(
    `select state, count(*)::int as count,
            extract(epoch from now() - min(requested_at) filter (
              where slot is not null and state in ('accepted', 'planning', 'running')))::float8 as held
       from sluice.exports group by state`,
  );
  return {
    byState: Object.fromEntries(rows.map(({ state, count }) => [state, count])),
    slotHeldSeconds: Math.max(0, ...rows.map(({ held }) => held ?? 0)),
  };
}
