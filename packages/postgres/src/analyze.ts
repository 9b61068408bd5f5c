import type { Queryable } from './pool.ts';

/** Refreshes the planner's statistics of the store; worth doing after a large load. */
export async function analyzeStore(db: Queryable): Promise<void> {
  const { rows } = await db.query<{ leaf: string }>(
    `select c.oid::regclass::text as leaf
       from pg_partition_tree('sluice.resources') t join pg_class c on c.oid = t.relid
      where t.isleaf`,
  );
  for (const { leaf } of rows) await db.query(`analyze ${leaf}`);
  await db.query(
    'analyze sluice.resource_patients, sluice.supporting_references, sluice.provenance_targets',
  );
}
