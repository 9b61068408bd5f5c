import type { Socket } from 'node:net';
import pg from 'pg';
import { isHeldUp } from './direct-socket.ts';
import type { Client, Pool } from './pool.ts';

/** A connection gave nothing for too long, and Postgres says that nothing is to come. */
export class SilentConnectionError extends Error {
  constructor(silenceMs: number) {
    super(
      `the connection has been silent for ${silenceMs} ms while Postgres works on nothing for it`,
    );
    this.name = 'SilentConnectionError';
  }
}

/** What pg has beside its types. */
interface Session {
  readonly connection: { readonly stream: Socket };
  readonly connectionParameters: { readonly application_name: string };
  /** Nothing is asked of the connection. */
  readonly readyForQuery: boolean;
}

/** A connection in somebody's hands, and when it gave its last byte or sign of life. */
interface Watched {
  bytes: number;
  at: number;
  isAsking: boolean;
}

/**
 * For how many times `silenceMs` a connection may be silent, by what Postgres does for it. Behind a pooler a
 * statement may wait for a server, and is not to be seen meanwhile.
 */
const patience: Readonly<Record<SessionWork, number>> = { works: Infinity, nothing: 1, hidden: 10 };

/**
 * Ends connections of a pool that have fallen silent: half open, or cut off by something between.
 * A statement may take as long as it takes, so silence alone says nothing. Once a connection has given no
 * byte for half of `silenceMs` although it is being read from, Postgres is asked over a new one whether it works
 * for it, time and again, as a statement may still be on its way. If it does not, or if it waits for somebody
 * to read, all the while until `silenceMs` are over, the connection is ended and its statement fails with
 * SilentConnectionError. Costs the statements nothing: bytes are counted by the socket.
 *
 * Sessions are known by their application_name, each its own, which poolers pass on.
 */
export function watchSilence(pool: Pool, databaseUrl: string, silenceMs: number): void {
  const inHands = new Map<Client, Watched>();
  pool.on('acquire', (client) => {
    inHands.set(client, { bytes: bytesOf(client), at: Date.now(), isAsking: false });
  });
  pool.on('release', (_error, client) => inHands.delete(client));
  const timer = setInterval(() => {
    if (pool.ended) clearInterval(timer);
    for (const [client, seen] of inHands) void look(client, seen);
  }, silenceMs / 8);
  timer.unref();

  async function look(client: Client, seen: Watched): Promise<void> {
    const { readyForQuery } = sessionOf(client);
    const bytes = bytesOf(client);
    const silentMs = Date.now() - seen.at;
    if (readyForQuery || bytes !== seen.bytes || isHeldUp(socketOf(client))) {
      Object.assign(seen, { bytes, at: Date.now() });
      return;
    }
    if (seen.isAsking || silentMs < silenceMs / 2) return;
    seen.isAsking = true;
    const answer = await askAbout(databaseUrl, nameOf(client), silenceMs, (work) => {
      // It may have come while we asked, and whoever held the connection may be through with it.
      if (inHands.get(client) !== seen || bytesOf(client) !== seen.bytes) return 'leave';
      if (silentMs < patience[work] * silenceMs) return 'leave';
      socketOf(client).destroy(new SilentConnectionError(silentMs));
      return 'end';
    });
    seen.isAsking = false;
    if (answer === 'works') seen.at = Date.now();
  }
}

/** What Postgres does for a session: `hidden` when a pooler is in between and the session is not to be seen. */
type SessionWork = 'works' | 'nothing' | 'hidden';

/**
 * Asks Postgres over a connection of its own what it does for a session.
 *
 * @param decide asked when it does nothing; with `end` the session is ended in Postgres too, where it may hold
 *   locks and a snapshot
 * @returns `undefined` when Postgres cannot be asked now: whoever waits for it learns that in other ways
 */
async function askAbout(
  databaseUrl: string,
  name: string,
  limitMs: number,
  decide: (work: SessionWork) => 'leave' | 'end',
): Promise<SessionWork | undefined> {
  const asking = new pg.Client({
    connectionString: databaseUrl,
    application_name: 'sluice-watch',
    connectionTimeoutMillis: limitMs,
    query_timeout: limitMs,
  });
  asking.on('error', () => undefined);
  try {
    await asking.connect();
    const work = await findWork(asking, name);
    if (work !== 'works' && decide(work) === 'end') {
      await asking.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where application_name = $1 and state <> 'idle'`,
        [name],
      );
    }
    return work;
  } catch {
    return undefined;
  } finally {
    void asking.end().catch(() => undefined);
  }
}

async function findWork(asking: pg.Client, name: string): Promise<SessionWork> {
  const { rows } = await asking.query<{ works: boolean | null; own: number }>(
    `select bool_or(state is null or state = 'disabled'
                    or state = 'active' and wait_event is distinct from 'ClientWrite') as works,
            pg_backend_pid() as own
       from pg_stat_activity
      where application_name = $1`,
    [name],
  );
  const [row] = rows;
  if (row?.works === true) return 'works';
  const isPooled = row?.own !== (asking as unknown as { processID: number }).processID;
  return row?.works === null && isPooled ? 'hidden' : 'nothing';
}

function sessionOf(client: Client): Session {
  return client as unknown as Session;
}

function socketOf(client: Client): Socket {
  return sessionOf(client).connection.stream;
}

function bytesOf(client: Client): number {
  return socketOf(client).bytesRead;
}

function nameOf(client: Client): string {
  return sessionOf(client).connectionParameters.application_name;
}
