import { basesOf, type Export, filteredTypes, filterListsOf } from '@sluice/export';
import { listFilterReferences, type ReferenceAliases } from '@sluice/fhir';
import { findAliases } from './identified.ts';
import type { Queryable } from './pool.ts';

/**
 * Finds the conditional references that led to what an export's filters ask for references to, at its transactionTime; `undefined`: there
 * were none.
 */
export async function findFilterAliases(
  db: Queryable,
  { kickOff, transactionTime }: Export,
): Promise<ReferenceAliases | undefined> {
  const bases = basesOf(kickOff);
  const wanted = filteredTypes(kickOff).flatMap((type) =>
    listFilterReferences(type, filterListsOf(kickOff, type), bases),
  );
  if (wanted.length === 0) return undefined;
  const { rows } = await db.query<{ type: string }>('select type from sluice.identified_types');
  const aliases: Record<string, string[]> = {};
  for (const { type } of rows) {
    const ids = wanted.flatMap((each) =>
      each.type === undefined || each.type === type ? each.id : [],
    );
    const found = await findAliases(db, type, { ids: [...new Set(ids)], at: transactionTime });
    for (const { search, id } of found) (aliases[`${type}/${id}`] ??= []).push(search);
  }
  return Object.keys(aliases).length === 0 ? undefined : aliases;
}
