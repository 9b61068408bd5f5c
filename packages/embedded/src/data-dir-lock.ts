import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findSockets, lockNameLength, openSocket, type OtherSocket } from './lock-socket.ts';
import { hashOf, sharedFolder } from './server-user.ts';

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

/** What a socket answers: a taker holds nothing yet. */
interface Claim extends LockHolder {
  readonly isHeld: boolean;
}

/** The shortest limit for the path of a Unix socket among the systems we run on. */
const maxSocketPath = 103;

/**
 * Takes the data directory for this process. A lock is a Unix socket that answers: when its process
 * ends, however that comes about, it answers no more, so nothing can be left behind that blocks the
 * next one.
 *
 * Who takes it shows a socket of its own first and looks for others second. Of two at the same time
 * at least one therefore sees the other, and nobody holds the lock who has seen another: the one
 * whose socket has the lower name waits, the other withdraws and comes again.
 *
 * @throws DataDirBusyError when another process holds it
 */
export async function lockDataDir(
  dataDir: string,
  facts: { readonly purpose: string; readonly url?: string },
): Promise<DataDirLock> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const holder: LockHolder = { pid: process.pid, dataDir: await realpath(dataDir), ...facts };
  const folder = await lockFolder(dataDir);
  for (;;) {
    let isHeld = false;
    const socket = await openSocket(folder, () => JSON.stringify({ ...holder, isHeld }));
    try {
      if (await outlasts(socket.name, folder, holder)) {
        isHeld = true;
        return { release: () => socket.close() };
      }
    } finally {
      if (!isHeld) await socket.close();
    }
    await wait(10 + Math.random() * 40);
  }
}

/** Finds who holds the data directory, or `undefined` when nobody does. */
export async function findLockHolder(dataDir: string): Promise<LockHolder | undefined> {
  const real = await realpath(dataDir).catch(() => undefined);
  if (real === undefined) return undefined;
  const others = await findSockets(await lockFolder(real));
  return others.map((other) => claimOf(other, real)).find((claim) => claim.isHeld);
}

/** True once nobody else is there; false when we have to make room. */
async function outlasts(own: string, folder: string, holder: LockHolder): Promise<boolean> {
  for (;;) {
    const others = await findSockets(folder, own);
    if (others.length === 0) return true;
    const held = others.map((other) => claimOf(other, holder.dataDir)).find((c) => c.isHeld);
    if (held) throw new DataDirBusyError(held);
    if (others.some(({ name }) => name < own)) return false;
    await wait(5);
  }
}

/** One that lives and does not answer, stopped perhaps, has to be taken for a holder. */
function claimOf({ pid, answer }: OtherSocket, dataDir: string): Claim {
  if (answer === undefined) return { pid, dataDir, purpose: 'command', isHeld: true };
  return JSON.parse(answer) as Claim;
}

/** The data directory itself, or, as a socket's path must be short, a temporary folder for it. */
async function lockFolder(dataDir: string): Promise<string> {
  const real = await realpath(dataDir);
  const longest = Buffer.byteLength(join(real, 'x'.repeat(lockNameLength)));
  return longest <= maxSocketPath ? real : sharedFolder(hashOf(real));
}
