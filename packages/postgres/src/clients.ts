import type { KeySet, RegisteredClient } from '@sluice/auth';
import type { Pool, Queryable } from './pool.ts';
import { withTransaction } from './transaction.ts';

/** A client, and who registered it. */
export interface StoredClient extends RegisteredClient {
  readonly origin: 'command' | 'file';
  /** A random one for each time that the id was registered after it had been free: what its exports and tokens belong to. */
  readonly generation: string;
  /** Instant text. */
  readonly createdAt: string;
}

interface ClientRow {
  id: string;
  jwks: KeySet | null;
  jwks_url: string | null;
  scopes: string[];
  groups: string[] | null;
  patients: string[] | null;
  slots: number | null;
  disabled: boolean;
  origin: StoredClient['origin'];
  generation: string;
  created_at: string;
}

const columns = `id, jwks, jwks_url, scopes, groups, patients, slots, disabled, origin, generation, sluice.instant(created_at) as created_at`;

/** The client of that id, disabled or not. */
export async function findClient(db: Queryable, id: string): Promise<StoredClient | undefined> {
  const { rows } = await db.query<ClientRow>(
    `select ${columns} from sluice.clients where id = $1`,
    [id],
  );
  return rows[0] && toClient(rows[0]);
}

/** Every client, by id. */
export async function listClients(db: Queryable): Promise<StoredClient[]> {
  const { rows } = await db.query<ClientRow>(
    `select ${columns} from sluice.clients order by id collate "C"`,
  );
  return rows.map(toClient);
}

/** Registers a client, or describes one anew, which stays in its generation; false when it belongs to CLIENTS_FILE. */
export async function putClient(db: Queryable, client: RegisteredClient): Promise<boolean> {
  return await store(db, client, 'command');
}

/** Lets a client in, or not; false when there is none, or it belongs to CLIENTS_FILE. */
export async function setClientDisabled(
  db: Queryable,
  id: string,
  disabled: boolean,
): Promise<boolean> {
  const { rowCount } = await db.query(
    `update sluice.clients set disabled = $2, changed_at = clock_timestamp() where id = $1 and origin = 'command'`,
    [id, disabled],
  );
  return rowCount === 1;
}

/** Forgets a client; false when there is none, or it belongs to CLIENTS_FILE. */
export async function removeClient(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `delete from sluice.clients where id = $1 and origin = 'command'`,
    [id],
  );
  return rowCount === 1;
}

/** Makes the clients of CLIENTS_FILE exactly these. One that a command had registered becomes the file's. */
export async function replaceFileClients(
  pool: Pool,
  clients: readonly RegisteredClient[],
): Promise<void> {
  await withTransaction(pool, async (db) => {
    // Replicas read the same file at the same time.
    await db.query(`select pg_advisory_xact_lock(hashtext('sluice.clients'))`);
    await db.query(`delete from sluice.clients where origin = 'file' and id <> all($1::text[])`, [
      clients.map(({ id }) => id),
    ]);
    for (const client of clients) await store(db, client, 'file');
  });
}

async function store(
  db: Queryable,
  client: RegisteredClient,
  origin: StoredClient['origin'],
): Promise<boolean> {
  const { id, jwks, jwksUrl, scopes, groups, patients, slots, disabled } = client;
  const { rowCount } = await db.query(
    `insert into sluice.clients (id, jwks, jwks_url, scopes, groups, patients, slots, disabled, origin)
     values ($1, $2::jsonb, $3, $4::text[], $5::text[], $6::text[], $7, $8, $9)
     on conflict (id) do update
        set (jwks, jwks_url, scopes, groups, patients, slots, disabled, origin, changed_at)
          = (excluded.jwks, excluded.jwks_url, excluded.scopes, excluded.groups, excluded.patients,
             excluded.slots, excluded.disabled, excluded.origin, clock_timestamp())
      where sluice.clients.origin = 'command' or excluded.origin = 'file'`,
    [
      id,
      jwks === undefined ? null : JSON.stringify(jwks),
      jwksUrl ?? null,
      scopes,
      groups ?? null,
      patients ?? null,
      slots ?? null,
      disabled,
      origin,
    ],
  );
  return rowCount === 1;
}

function toClient(row: ClientRow): StoredClient {
  return {
    id: row.id,
    ...(row.jwks === null ? {} : { jwks: row.jwks }),
    ...(row.jwks_url === null ? {} : { jwksUrl: row.jwks_url }),
    scopes: row.scopes,
    ...(row.groups === null ? {} : { groups: row.groups }),
    ...(row.patients === null ? {} : { patients: row.patients }),
    ...(row.slots === null ? {} : { slots: row.slots }),
    disabled: row.disabled,
    origin: row.origin,
    generation: row.generation,
    createdAt: row.created_at,
  };
}
