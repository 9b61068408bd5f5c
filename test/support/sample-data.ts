import { analyzeStore, type Pool } from '@sluice/postgres';

/** Resources of one type to make. */
export interface SampleType {
  readonly type: string;
  readonly count: number;
  /** About how many bytes each has. */
  readonly bytes: number;
}

/** How many patients the made resources are about. */
const patients = 1000;

/**
 * Stores made resources as any other program would, by the writers' contract in SQL: `<type>-<n>`,
 * each about one of `patient-0` to `patient-999`.
 */
export async function storeSampleData(pool: Pool, types: readonly SampleType[]): Promise<void> {
  for (const { type, count, bytes } of types) {
    const client = await pool.connect();
    try {
      await client.query('begin');
      await client.query('select sluice.begin_write()');
      await client.query(
        `insert into staged_resources
           (line, type, id, deleted, version_id, last_updated, splice, head, tail, patients)
         select n, $1, lower($1) || '-' || n, false, '1', timestamptz '2024-01-01Z' + n * interval '1 s', 'none',
                '{"resourceType":"' || $1 || '","id":"' || lower($1) || '-' || n
                || '","meta":{"versionId":"1","lastUpdated":"'
                || sluice.instant(timestamptz '2024-01-01Z' + n * interval '1 s')
                || '"},"subject":{"reference":"Patient/patient-' || n % $4 || '"},"note":"'
                || repeat(md5(n::text), greatest(1, ($3 - 200) / 32)) || '"}',
                null, array['patient-' || n % $4]
           from generate_series(1, $2::int) n`,
        [type, count, bytes, patients],
      );
      await client.query('select sluice.merge_staged()');
      await client.query('commit');
    } finally {
      client.release();
    }
  }
  await analyzeStore(pool);
}
