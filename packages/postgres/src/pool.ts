import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { createDirectSocket } from './direct-socket.ts';
import { watchSilence } from './silence.ts';

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
  /** Shown in pg_stat_activity, as the first word where sessions are watched for silence. */
  readonly applicationName?: string;
  /** A statement without an answer fails after so long. For whoever answers requests; absent: no limit. */
  readonly queryLimitMs?: number;
  /** A statement fails when its connection falls silent for so long, see watchSilence; absent: never. */
  readonly silenceMs?: number;
}

/** A connection that may be silent is probed after this long, and given up 10 s later if its host is gone. */
const keepAliveMs = 10_000;

/**
 * Creates a pool. Broken idle connections are replaced in silence: a statement that needs one fails
 * or succeeds on its own.
 */
export function createPool(databaseUrl: string, options: PoolOptions = {}): Pool {
  const { max = 16, applicationName = 'sluice', queryLimitMs, silenceMs } = options;
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max,
    application_name: applicationName,
    connectionTimeoutMillis: Math.min(10_000, queryLimitMs ?? Infinity),
    ...(queryLimitMs === undefined ? {} : { query_timeout: queryLimitMs }),
    ...(silenceMs === undefined ? {} : { Client: NamedClient }),
    // A new connection costs a process, a handshake and cold caches: some 100 ms on a busy machine.
    idleTimeoutMillis: 600_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveMs,
    // TLS wraps the socket, so its bytes cannot be read in place.
    ...(wantsTls(databaseUrl) ? {} : { stream: createDirectSocket }),
  });
  pool.on('error', () => undefined);
  // The pool listens to idle connections only; one that breaks while it is handed out fails its
  // statement, and without a listener of its own would end the process as well.
  pool.on('connect', (client) => client.on('error', () => undefined));
  if (silenceMs !== undefined) watchSilence(pool, databaseUrl, silenceMs);
  return pool;
}

/** A connection that can be told from all others in pg_stat_activity, also behind a pooler. */
class NamedClient extends pg.Client {
  constructor(config: pg.ClientConfig = {}) {
    const word = randomBytes(6).toString('hex');
    super({ ...config, application_name: `${config.application_name ?? ''} ${word}` });
  }
}

function wantsTls(databaseUrl: string): boolean {
  return /[?&]ssl/.test(databaseUrl) && !/[?&]sslmode=disable/.test(databaseUrl);
}
