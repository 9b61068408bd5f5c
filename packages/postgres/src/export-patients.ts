import type { Queryable } from './pool.ts';

/** The patients that a kick-off named, sorted; none when it named none. */
export async function listExportPatients(db: Queryable, exportId: string): Promise<string[]> {
  const { rows } = await db.query<{ patient: string }>(
    'select patient from sluice.export_patients where export_id = $1 order by patient',
    [exportId],
  );
  return rows.map(({ patient }) => patient);
}

/** Whether a kick-off named no other patients than these. */
export async function namesOnlyPatients(
  db: Queryable,
  exportId: string,
  permitted: readonly string[],
): Promise<boolean> {
  const { rowCount } = await db.query(
    `select from sluice.export_patients where export_id = $1 and patient <> all ($2::text[]) limit 1`,
    [exportId, permitted],
  );
  return rowCount === 0;
}
