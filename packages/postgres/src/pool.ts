import pg from 'pg';
import { createDirectSocket } from './direct-socket.ts';

/** Connections to Postgres, handed out one statement or one transaction at a time. */
export type Pool = pg.Pool;
/** One connection of a pool. */
export type Client = pg.PoolClient;
/** Where a statement can run: on any connection, or inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** What a pool needs beside the URL. */
export interface PoolOptions {
  /** Most connections at once. */
  readonly max?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
}

/**
 * Creates a pool. Broken idle connections are replaced in silence: a statement that needs one fails
 * or succeeds on its own.
 */
export function createPool(databaseUrl: string, options: PoolOptions = {}): Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: options.max ?? 16,
    application_name: options.applicationName ?? 'sluice',
    connectionTimeoutMillis: 10_000,
    // A new connection costs a process, a handshake and cold caches: some 100 ms on a busy machine.
    idleTimeoutMillis: 600_000,
    keepAlive: true,
    // TLS wraps the socket, so its bytes cannot be read in place.
    ...(wantsTls(databaseUrl) ? {} : { stream: createDirectSocket }),
  });
  pool.on('error', () => undefined);
  // The pool listens to idle connections only; one that breaks while it is handed out fails its
  // statement, and without a listener of its own would end the process as well.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

function wantsTls(databaseUrl: string): boolean {
  return /[?&]ssl/.test(databaseUrl) && !/[?&]sslmode=disable/.test(databaseUrl);
}
