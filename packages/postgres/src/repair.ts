import { text } from './literals.ts';
import type { Client } from './pool.ts';

/** A version of a resource, and what is noted of it. */
export interface NotedVersion {
  readonly seq: string;
  readonly id: string;
  readonly body: string;
  /** Patients whose compartments it is in, primary first. */
  readonly patients: readonly string[];
  /** Of a Provenance: `Type/id`, or `Type?search`, of what it is about. */
  readonly targets: readonly string[];
}

/** Patients that a version is to be noted with, primary first. */
export interface VersionPatients {
  readonly seq: string;
  readonly patients: readonly string[];
}

/**
 * Keeps writers and kick-offs waiting until the transaction ends, which is to be soon; false when an export is active, whose parts would read
 * one thing before and another after.
 */
export async function lockForRepair(client: Client): Promise<boolean> {
  await client.query('lock table sluice.exports in share mode');
  const { rowCount } = await client.query(
    `select from sluice.exports where state in ('accepted','planning','running') limit 1`,
  );
  if (rowCount !== 0) return false;
  await client.query('lock table only sluice.resources in share row exclusive mode');
  return true;
}

/** Some versions of a type, old ones as well, deletions left out, in the order of their storage, behind one that was read before. */
export async function readNotedVersions(
  client: Client,
  type: string,
  after: string,
): Promise<NotedVersion[]> {
  const { rows } = await client.query<NotedVersion>(
    `select r.seq, r.id, r.body,
            case when r.patient is null then array[]::text[] else array[r.patient] end || ${furtherOf('r')} as patients,
            array(select sluice.target_key(t.target_type, t.target_id)
                    from sluice.provenance_targets t where t.seq = r.seq) as targets
       from sluice.resources r
      where r.type = ${text(type)} and not r.deleted and r.seq > $1
      order by r.seq limit 500`,
    [after],
  );
  return rows;
}

/** Notes in whose compartments versions of a type are. */
export async function writePatients(
  client: Client,
  type: string,
  versions: readonly VersionPatients[],
): Promise<void> {
  if (versions.length === 0) return;
  const seqs = versions.map(({ seq }) => seq);
  await client.query(
    `update sluice.resources r set patient = w.patient, shared = w.shared
       from unnest($1::bigint[], $2::text[], $3::boolean[]) w(seq, patient, shared)
      where r.type = ${text(type)} and r.seq = w.seq`,
    [
      seqs,
      versions.map(({ patients }) => patients[0] ?? null),
      versions.map(({ patients }) => patients.length > 1),
    ],
  );
  await client.query(
    `delete from sluice.resource_patients where type = $1 and seq = any($2::bigint[])`,
    [type, seqs],
  );
  const further = versions.flatMap(({ seq, patients }) =>
    patients.slice(1).map((patient) => ({ seq, patient })),
  );
  await client.query(
    `insert into sluice.resource_patients (type, patient, seq)
     select $1, patient, seq from unnest($2::text[], $3::bigint[]) t(patient, seq)`,
    [type, further.map(({ patient }) => patient), further.map(({ seq }) => seq)],
  );
}

/** Notes what versions of Provenance are about. */
export async function writeTargets(
  client: Client,
  versions: readonly {
    readonly seq: string;
    readonly targets: readonly string[];
    readonly recorded: string | undefined;
  }[],
): Promise<void> {
  if (versions.length === 0) return;
  await client.query('delete from sluice.provenance_targets where seq = any($1::bigint[])', [
    versions.map(({ seq }) => seq),
  ]);
  const rows = versions.flatMap(({ seq, targets, recorded }) =>
    targets.map((target) => ({ seq, target, recorded })),
  );
  await client.query(
    `insert into sluice.provenance_targets (seq, target_type, target_id, recorded)
     select seq, sluice.target_type(target), sluice.target_id(target), recorded
       from unnest($1::bigint[], $2::text[], $3::timestamptz[]) t(seq, target, recorded)
         on conflict do nothing`,
    [
      rows.map(({ seq }) => seq),
      rows.map(({ target }) => target),
      rows.map(({ recorded }) => recorded ?? null),
    ],
  );
}

/**
 * Adds the references to supporting resources that versions of a type make and that are not noted, or with a later beginning; answers how many.
 * Where an old version makes one it is marked as stale, so that exports look into the text.
 */
export async function addSupporting(
  client: Client,
  type: string,
  versions: readonly (VersionPatients & {
    readonly id: string;
    readonly supporting: readonly string[];
  })[],
): Promise<number> {
  const made = versions.flatMap(({ seq, id, patients, supporting }) =>
    supporting.map((target) => ({ seq, id, patients, target })),
  );
  if (made.length === 0) return 0;
  const { rows } = await client.query<{ by_patient: boolean }>(
    'select sluice.referred_by_patient($1) as by_patient',
    [type],
  );
  const wanted = made.flatMap(({ seq, id, patients, target }) =>
    (rows[0]?.by_patient === true ? patients : [id]).map((from) => ({ seq, from, target })),
  );
  const { rowCount } = await client.query(
    `insert into sluice.supporting_references as known (from_type, from_id, target_type, target_id, stored_at, stale)
     select $1, w.from_id, sluice.target_type(w.target), sluice.target_id(w.target),
            min(r.stored_at), bool_or(not r.is_current)
       from unnest($2::bigint[], $3::text[], $4::text[]) w(seq, from_id, target)
       join sluice.resources r on r.type = ${text(type)} and r.seq = w.seq
      group by w.from_id, w.target
         on conflict (from_type, from_id, target_type, target_id)
         do update set stored_at = excluded.stored_at, stale = known.stale or excluded.stale
      where known.stored_at > excluded.stored_at`,
    [
      type,
      wanted.map(({ seq }) => seq),
      wanted.map(({ from }) => from),
      wanted.map(({ target }) => target),
    ],
  );
  return rowCount ?? 0;
}

/** Some deletions of a type that are noted with other patients than what was deleted is. */
export async function findWrongDeletions(client: Client, type: string): Promise<VersionPatients[]> {
  const { rows } = await client.query<VersionPatients>(
    `select d.seq,
            case when r.patient is null then array[]::text[] else array[r.patient] end || ${furtherOf('r')} as patients
       from sluice.resources d
       join sluice.resources r
         on r.type = ${text(type)} and r.id = d.id and r.superseded_at = d.stored_at and not r.deleted
      where d.type = ${text(type)} and d.deleted
        and (d.patient is distinct from r.patient or ${furtherOf('d')} <> ${furtherOf('r')})
      limit 5000`,
  );
  return rows;
}

function furtherOf(alias: string): string {
  return `array(select p.patient from sluice.resource_patients p where p.seq = ${alias}.seq order by p.patient collate "C")`;
}
