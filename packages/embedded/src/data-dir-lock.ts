import { createHash } from 'node:crypto';
import { mkdir, realpath, rm, stat } from 'node:fs/promises';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** What the holder of a data directory's lock says about itself to whoever asks. */
export interface LockHolder {
  readonly pid: number;
  readonly dataDir: string;
  /** What it is doing, e.g. `up` or `load`. */
  readonly purpose: string;
  /** FHIR base, for a holder that serves one. */
  readonly url?: string;
}

/** The data directory belongs to this process until release, or until it ends in any way. */
export interface DataDirLock {
  release(): Promise<void>;
}

/** Another process works on the data directory. */
export class DataDirBusyError extends Error {
  readonly code = 'data-dir-busy';
  readonly holder: LockHolder;

  constructor(holder: LockHolder) {
    const where = holder.url === undefined ? '' : ` at ${holder.url}`;
    super(
      `sluice ${holder.purpose} (process ${holder.pid}) is running${where} on ${holder.dataDir}`,
    );
    this.name = 'DataDirBusyError';
    this.holder = holder;
  }
}

/** How long two processes that take over the same stale lock may interleave. */
const contestMs = 100;

/**
 * Takes the data directory for this process. The lock is a Unix socket that answers: a killed holder
 * answers no more, so nothing it leaves behind blocks the next one.
 *
 * @throws DataDirBusyError when another process holds it
 */
export async function lockDataDir(
  dataDir: string,
  facts: { readonly purpose: string; readonly url?: string },
): Promise<DataDirLock> {
  await mkdir(dataDir, { recursive: true });
  const holder: LockHolder = { pid: process.pid, dataDir: await realpath(dataDir), ...facts };
  const path = await socketPath(dataDir);
  for (;;) {
    const seen = await inode(path);
    const other = await askHolder(path);
    if (other) throw new DataDirBusyError(other);
    // Only the very socket that did not answer is removed, not one that has come since.
    if (seen !== undefined && (await inode(path)) === seen) await rm(path, { force: true });
    const lock = await listen(path, holder);
    if (!lock) continue;
    if (seen !== undefined) await wait(contestMs);
    if ((await askHolder(path))?.pid === process.pid) return lock;
    await lock.release();
  }
}

/** Finds who holds the data directory, or `undefined` when nobody does. */
export async function findLockHolder(dataDir: string): Promise<LockHolder | undefined> {
  if ((await inode(dataDir)) === undefined) return undefined;
  return askHolder(await socketPath(dataDir));
}

/** Inside the data directory, or, as a socket's path must be short, under a hash of it. */
async function socketPath(dataDir: string): Promise<string> {
  const real = await realpath(dataDir);
  const inside = join(real, 'lock.sock');
  if (Buffer.byteLength(inside) <= 100) return inside;
  const hash = createHash('sha256').update(real).digest('hex').slice(0, 16);
  return join(tmpdir(), `sluice-lock-${process.getuid?.() ?? 0}-${hash}.sock`);
}

async function inode(path: string): Promise<number | undefined> {
  return stat(path).then(
    (facts) => facts.ino,
    () => undefined,
  );
}

function askHolder(path: string): Promise<LockHolder | undefined> {
  return new Promise((resolve) => {
    let text = '';
    const socket = createConnection(path);
    socket.setTimeout(5_000, () => socket.destroy());
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => resolve(text === '' ? undefined : (JSON.parse(text) as LockHolder)));
  });
}

/** Resolves with nothing when another process was quicker. */
async function listen(path: string, holder: LockHolder): Promise<DataDirLock | undefined> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(JSON.stringify(holder));
  });
  server.listen(path);
  try {
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return {
    // Closing removes the socket's file.
    release: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
