import { randomBytes } from 'node:crypto';
import type { BlobGetPropertiesResponse } from '@azure/storage-blob';
import { ifPresent, isConditionFault } from './azure-faults.ts';
import type { BlobContainer } from './blob-container.ts';

/** Attempt of an object that is there only to be deleted. */
const noAttempt = '0';

/** One upload of one object: its attempt, and what tells it from every other. */
export interface Upload {
  readonly attempt: number;
  readonly id: string;
}

/** Names a new upload. */
export function newUpload(attempt: number): Upload {
  return { attempt, id: randomBytes(8).toString('hex') };
}

/**
 * Id of a block: all uploads of an object stage into one list, so it tells whose it is. Ids in one list
 * have to be of one length.
 */
export function blockId({ attempt, id }: Upload, number: number): string {
  return Buffer.from(hex(attempt) + id + hex(number)).toString('base64');
}

/** Attempt that has staged a block; 0 for one that is none of ours. */
export function attemptOfBlock(name: string): number {
  const text = Buffer.from(name, 'base64').toString();
  return /^[0-9a-f]{32}$/.test(text) ? parseInt(text.slice(0, 8), 16) : 0;
}

/** Names of an object's blocks; both empty when there is nothing of it. */
export interface BlockNames {
  readonly committed: readonly string[];
  readonly uncommitted: readonly string[];
}

/** Looks up what blocks there are of an object, visible or not. */
export async function findBlocks(container: BlobContainer, key: string): Promise<BlockNames> {
  const found = await ifPresent(
    container.request('GetBlockList', (attempt) =>
      container.blob(key).getBlockList('all', attempt),
    ),
  );
  const names = (blocks: readonly { name: string }[] = []) => blocks.map(({ name }) => name);
  return { committed: names(found?.committedBlocks), uncommitted: names(found?.uncommittedBlocks) };
}

/** Facts of a whole object, or `undefined` when there is none. */
export async function findFacts(
  container: BlobContainer,
  key: string,
): Promise<BlobGetPropertiesResponse | undefined> {
  return await ifPresent(
    container.request('GetBlobProperties', (attempt) => container.blob(key).getProperties(attempt)),
  );
}

/**
 * Removes the blocks of an object that were never committed. The service has no request for that: they
 * go when a list of blocks is committed without them. So an object is committed once more as it is; and
 * one that is none is made, empty, and deleted at once. Who writes there at the same time and is quicker
 * has removed them by that.
 */
export async function dropBlocks(container: BlobContainer, key: string): Promise<void> {
  const { committed, uncommitted } = await findBlocks(container, key);
  if (uncommitted.length === 0) return;
  const facts = await findFacts(container, key);
  try {
    if (!facts) await commitNothing(container, key);
    // Bytes without blocks were put by somebody else, and would be lost.
    else if (committed.length > 0 || facts.contentLength === 0) {
      await commitAgain(container, key, committed, facts);
    }
  } catch (error) {
    if (!isConditionFault(error)) throw error;
  }
}

async function commitAgain(
  container: BlobContainer,
  key: string,
  blocks: readonly string[],
  { etag = '', contentType = '', metadata = {} }: BlobGetPropertiesResponse,
): Promise<void> {
  const blobHTTPHeaders = { blobContentType: contentType };
  await container.commit(key, blocks, { conditions: { ifMatch: etag }, blobHTTPHeaders, metadata });
}

async function commitNothing(container: BlobContainer, key: string): Promise<void> {
  const conditions = { ifNoneMatch: '*' };
  try {
    await container.commit(key, [], { conditions, metadata: { sluice_attempt: noAttempt } });
  } catch (error) {
    // It may be ours that is there, and the reply was lost.
    if (!isConditionFault(error)) throw error;
  }
  const facts = await findFacts(container, key);
  if (facts?.metadata?.['sluice_attempt'] !== noAttempt) return;
  await container.remove(key, { ifMatch: facts.etag ?? '' });
}

function hex(number: number): string {
  return number.toString(16).padStart(8, '0');
}
