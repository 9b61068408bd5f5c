import { forEveryReference, readReference, toTarget } from '@sluice/fhir';
import { listStoredTypes, noteLocalBases, type Pool, readPage } from '@sluice/postgres';
import { ReferenceReport, type UnresolvedReferences } from './reference-report.ts';

/** What a look at every reference of a store found. */
export interface ReferenceCheck {
  readonly resources: number;
  readonly references: number;
  readonly unresolved: readonly UnresolvedReferences[];
}

/**
 * Reads every present resource and says which references lead nowhere. Only reads, but that the identifiers of types that are searched for
 * are noted. A target that several pages of resources refer to counts once for each.
 *
 * @param onProgress called with the number of resources so far
 */
export async function checkReferences(
  pool: Pool,
  onProgress?: (resources: number) => void,
): Promise<ReferenceCheck> {
  const bases = await noteLocalBases(pool);
  const report = new ReferenceReport();
  let resources = 0;
  let references = 0;
  const take = (text: string): void => {
    references += 1;
    const meaning = readReference(text, bases);
    const target = toTarget(meaning);
    if (target !== undefined) report.addTarget(target.key);
    else if (meaning.kind === 'elsewhere' || meaning.kind === 'urn') {
      report.addLost([{ kind: meaning.kind, text }]);
    } else if (meaning.kind === 'conditional') report.addLost([{ kind: 'search', text }]);
  };
  for (const type of await listStoredTypes(pool)) {
    for (let after = '0', page = 1; ; page += 1) {
      const rows = await readPage(pool, type, after);
      const last = rows.at(-1);
      if (last !== undefined) {
        for (const { body } of rows) forEveryReference(JSON.parse(body) as object, take);
        after = last.seq;
        resources += rows.length;
        onProgress?.(resources);
      }
      if (page % 20 === 0 || last === undefined) await report.lookUp(pool);
      if (last === undefined) break;
    }
  }
  return { resources, references, unresolved: report.summary() };
}
