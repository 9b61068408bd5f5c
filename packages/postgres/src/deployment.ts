import type { Deployment } from '@sluice/runtime';
import type { Queryable } from './pool.ts';
import { SchemaError } from './schema.ts';

/** Which deployment this database is. */
export async function readDeployment(db: Queryable): Promise<Deployment> {
  const { rows } = await db.query<Deployment>(
    'select id, current_database() as database from sluice.deployment',
  );
  if (!rows[0]) throw new SchemaError('The row of sluice.deployment is missing.');
  return rows[0];
}

/** Makes this database a deployment of its own, apart from the one that it was copied from. */
export async function renewDeploymentId(db: Queryable): Promise<void> {
  await db.query('update sluice.deployment set id = gen_random_uuid()');
}
