import type { ConditionalReference, IdentifierToken } from '@sluice/fhir';
import { text } from './literals.ts';
import type { Client, Pool, Queryable } from './pool.ts';
import { withRetriedTransaction } from './transaction.ts';

/** What a search for an identifier finds. */
export interface Match {
  /** One of the resources; `undefined`: there is none. */
  readonly id: string | undefined;
  /** How many resources have the identifier. */
  readonly count: number;
}

/**
 * Has the identifiers of these types noted from now on, and those of what is there: what conditional references to them need. Does
 * nothing where that was done before; otherwise it waits until nobody writes.
 */
export async function identifyTypes(pool: Pool, types: Iterable<string>): Promise<void> {
  for (const type of new Set(types)) {
    const { rowCount } = await pool.query('select from sluice.identified_types where type = $1', [
      type,
    ]);
    if (rowCount !== 0) continue;
    await withRetriedTransaction(pool, (client) =>
      client.query('select sluice.identify($1)', [type]),
    );
  }
}

/** Of these types those of which identifiers are not noted. */
export async function unidentifiedTypes(
  db: Queryable,
  types: Iterable<string>,
): Promise<Set<string>> {
  const { rows } = await db.query<{ type: string }>(
    'select t as type from unnest($1::text[]) t where t not in (select type from sluice.identified_types)',
    [[...new Set(types)]],
  );
  return new Set(rows.map(({ type }) => type));
}

/** Notes what the conditional references of a batch search for, in the transaction that stores it. */
export async function noteSearches(
  client: Client,
  references: readonly ConditionalReference[],
): Promise<void> {
  if (references.length === 0) return;
  await client.query('select sluice.note_searches($1, $2, $3, $4)', [
    references.map(({ type }) => type),
    references.map(({ search }) => search),
    references.map(({ system }) => system ?? null),
    references.map(({ value }) => value),
  ]);
}

/**
 * Looks for the resources of a type, which must be one of those identified, that have each of these identifiers, at an
 * instant that is settled or else now; one answer for each, in their order.
 */
export async function findIdentified(
  db: Queryable,
  type: string,
  tokens: readonly IdentifierToken[],
  at?: string,
): Promise<Match[]> {
  if (tokens.length === 0) return [];
  const { rows } = await db.query<{ n: number; id: string; count: number }>(
    `select w.n::int as n, min(r.id) as id, count(distinct r.id)::int as count
       from unnest($1::text[], $2::text[]) with ordinality as w(system, value, n)
       join sluice.resource_identifiers i on ${hasIdentifier(type, 'w')}
       join sluice.resources r on ${isPresent(type, '$3')}
      group by w.n`,
    [tokens.map(({ system }) => system ?? null), tokens.map(({ value }) => value), at ?? null],
  );
  const found = new Map(rows.map((row) => [row.n, row]));
  return tokens.map((_, index) => found.get(index + 1) ?? { id: undefined, count: 0 });
}

/** A search that stood for a resource's id at an instant. */
export interface Alias {
  readonly search: string;
  readonly id: string;
}

/** The searches that led to these resources of a type, and to no other, at an instant that is settled. */
export async function findAliases(
  db: Queryable,
  type: string,
  { ids, at }: { readonly ids: readonly string[]; readonly at: string },
): Promise<Alias[]> {
  if (ids.length === 0 || !(await hasSearches(db, type))) return [];
  const { rows } = await db.query<Alias>(
    `with theirs as materialized (
       select distinct c.search, c.system, c.value
         from unnest($1::text[]) m(id)
         join sluice.resources r on r.id = m.id and r.type = ${text(type)} and not r.deleted
          and r.stored_at <= $2::timestamptz and r.superseded_at > $2::timestamptz
         join sluice.resource_identifiers i on i.seq = r.seq
         join sluice.conditional_references c
           on c.type = ${text(type)} and c.value = i.value and coalesce(c.system, i.system) = i.system
     )
     select w.search, min(r.id) as id
       from theirs w
       join sluice.resource_identifiers i on ${hasIdentifier(type, 'w')}
       join sluice.resources r on ${isPresent(type, '$2')}
      group by w.search having count(distinct r.id) = 1`,
    [ids, at],
  );
  return rows;
}

/** The patients that searches lead to now, each to one alone; those that lead to none or to several are not among them. */
export async function findSearched(
  db: Queryable,
  searches: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (searches.length === 0) return new Map();
  const { rows } = await db.query<Alias>(
    `select w.search, min(r.id) as id
       from sluice.conditional_references w
       join sluice.resource_identifiers i on ${hasIdentifier('Patient', 'w')}
       join sluice.resources r on ${isPresent('Patient', '$2')}
      where w.type = 'Patient' and w.search = any($1::text[])
      group by w.search having count(distinct r.id) = 1`,
    [searches, null],
  );
  return new Map(rows.map(({ search, id }) => [search, id]));
}

/** Whether the store ever had a conditional reference (to this type). */
export async function hasSearches(db: Queryable, type?: string): Promise<boolean> {
  const { rows } = await db.query<{ has: boolean }>(
    `select exists (select from sluice.conditional_references where type = coalesce($1, type)) as has`,
    [type ?? null],
  );
  return rows[0]?.has === true;
}

/**
 * Notes where the conditional references led at an export's transactionTime, for the parts that follow them. Those to patients
 * only as far as Provenance has them for targets: compartments go by `findAliases`.
 */
export async function storeResolutions(
  db: Queryable,
  { id, transactionTime }: { readonly id: string; readonly transactionTime: string },
): Promise<void> {
  const { rows } = await db.query<{ type: string }>('select type from sluice.identified_types');
  for (const { type } of rows) {
    const isWanted =
      type === 'Patient'
        ? `and exists (select from sluice.provenance_targets t where t.target_type = 'Patient' and t.target_id = w.search)`
        : '';
    await db.query(
      `insert into sluice.export_resolutions (export_id, type, search, id)
       select $1, w.type, w.search, min(r.id)
         from sluice.conditional_references w
         join sluice.resource_identifiers i on ${hasIdentifier(type, 'w')}
         join sluice.resources r on ${isPresent(type, '$2')}
        where w.type = ${text(type)} ${isWanted}
        group by w.type, w.search having count(distinct r.id) = 1`,
      [id, transactionTime],
    );
  }
}

/** That the row `i` is of a type and has the identifier that `wanted` names. */
function hasIdentifier(type: string, wanted: string): string {
  return `i.type = ${text(type)} and md5(i.value) = md5(${wanted}.value) and i.value = ${wanted}.value
        and coalesce(${wanted}.system, i.system) = i.system`;
}

/** That `r` is the version of `i`, and was the present at an instant, or is it now where that is null. */
function isPresent(type: string, at: string): string {
  return `r.type = ${text(type)} and r.seq = i.seq and not r.deleted
        and case when ${at}::timestamptz is null then r.is_current
                 else r.stored_at <= ${at}::timestamptz and r.superseded_at > ${at}::timestamptz end`;
}
