import { randomUUID } from 'node:crypto';
import { StorageError } from '../errors.ts';
import type { OutputStore } from '../output-store.ts';

/** What a store has to be able to do. */
export type CheckedOperation = 'write' | 'read' | 'sign' | 'list' | 'delete' | 'clear';

/** An operation that the store does not do for us, e.g. for want of a permission. */
export interface CheckFault {
  readonly operation: CheckedOperation;
  /** For whoever asks: what is wrong and what to do. */
  readonly message: string;
  /** For the log. */
  readonly cause: unknown;
}

const contentType = 'application/fhir+ndjson';

/** Longer than the stores take to give up. */
const limitMs = 30_000;

/**
 * Writes a small object, reads it back, also by a signed URL, lists and deletes it. What can still be
 * tried after a fault is tried, so that one check finds every permission that is missing.
 *
 * @returns the faults; none: all is well
 */
export async function checkStorage(
  store: OutputStore,
  now = new Date(),
): Promise<readonly CheckFault[]> {
  const faults: CheckFault[] = [];
  const attempt = async (operation: CheckedOperation, work: Promise<void>): Promise<boolean> => {
    try {
      await withLimit(work);
      return true;
    } catch (cause) {
      faults.push({ operation, message: messageOf(cause), cause });
      return false;
    }
  };
  const folder = `healthcheck_${now.toISOString().replace(/[-:]|\.\d+/g, '')}_${randomUUID()}`;
  const key = `${folder}/healthcheck-1.ndjson`;
  const content = Buffer.from(`${folder}\n`);
  if (await attempt('write', write(store, key, content))) {
    await attempt('read', readBack(store, key, content));
    if (store.signUrl) await attempt('sign', readBySignedUrl(store, key, content, now));
    await attempt('list', findInList(store, folder, key));
    await attempt('delete', store.remove(key));
  }
  // The last thing to find out is whether it finds unfinished uploads; after a fault it only tidies up.
  const clearing = store.removeFolder(folder);
  if (faults.length === 0) await attempt('clear', clearing);
  else await Promise.allSettled([withLimit(clearing)]);
  return faults;
}

/** Whether a folder is of a check that ended more than an hour ago, without removing it. */
export function isLeftByCheck(folder: string, now = new Date()): boolean {
  const match = /^healthcheck_(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z_/.exec(folder);
  if (!match) return false;
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number);
  const at = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second);
  return now.getTime() - at > 3_600_000;
}

async function write(store: OutputStore, key: string, content: Buffer): Promise<void> {
  await store.createFolder(key.slice(0, key.indexOf('/')));
  const writer = await store.write(key, { contentType, attempt: 1 });
  try {
    await writer.write(content);
    await writer.commit();
  } catch (error) {
    await writer.abort().catch(() => undefined);
    throw error;
  }
}

async function readBack(store: OutputStore, key: string, content: Buffer): Promise<void> {
  const read: Buffer[] = [];
  for await (const chunk of await store.read(key)) read.push(chunk as Buffer);
  if (!Buffer.concat(read).equals(content)) {
    throw new StorageError('corrupt', 'the store gives back other bytes than it was given');
  }
}

async function readBySignedUrl(
  store: OutputStore,
  key: string,
  content: Buffer,
  now: Date,
): Promise<void> {
  const url = (await store.signUrl?.(key, new Date(now.getTime() + 300_000))) ?? '';
  const answer = await fetch(url, { signal: AbortSignal.timeout(limitMs) }).catch(
    (cause: unknown) => {
      throw new StorageError('unavailable', `a signed URL cannot be opened (${causeOf(cause)})`);
    },
  );
  const body = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200) {
    const advice = 'check the clock of this machine, and that the account may read objects';
    throw new StorageError('denied', `a signed URL is answered ${answer.status}: ${advice}`);
  }
  const type = answer.headers.get('content-type');
  if (!body.equals(content) || type?.startsWith(contentType) !== true) {
    throw new StorageError('corrupt', 'a signed URL gives something else than was stored');
  }
}

async function findInList(store: OutputStore, folder: string, key: string): Promise<void> {
  const objects = await store.list(folder);
  if (!objects.some((object) => object.key === key)) {
    throw new StorageError('corrupt', 'the store does not list an object that it has');
  }
}

/** Other errors than those of stores are not told: what is in them is not known. */
function messageOf(error: unknown): string {
  if (error instanceof StorageError) return error.message;
  return 'it failed by an internal fault; the log has the cause';
}

/** The URL is not for the log, so the error of `fetch` is not kept. */
function causeOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: unknown }; name?: string };
  return typeof cause?.code === 'string' ? cause.code : (name ?? 'fault');
}

async function withLimit<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    const fault = new StorageError('unavailable', `no answer within ${limitMs / 1000} s`);
    timer = setTimeout(() => reject(fault), limitMs);
  });
  return await Promise.race([work, limit]).finally(() => clearTimeout(timer));
}
