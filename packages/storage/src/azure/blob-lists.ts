import { RestError, type BlobItem } from '@azure/storage-blob';
import type { BlobContainer } from './blob-container.ts';
import { isKeyPart } from '../object-key.ts';

/** What a batch of the service can hold. */
const batchSize = 256;
const pageSize = 4 * batchSize;

/** What is listed besides whole objects. */
export interface ListOptions {
  /** Objects too of which nothing is committed yet. */
  readonly uncommitted?: boolean;
}

/** An object that was listed. */
export type ListedBlob = Pick<BlobItem, 'properties'> & { readonly key: string };

/** Objects of a folder, a page at a time. */
export async function* listPages(
  container: BlobContainer,
  folder: string,
  { uncommitted = false }: ListOptions = {},
): AsyncGenerator<readonly ListedBlob[]> {
  const prefix = `${container.nameOf(folder)}/`;
  let continuationToken: string | undefined;
  do {
    const page = await container.request('ListBlobs', async ({ abortSignal }) => {
      const list = { prefix, includeUncommitedBlobs: uncommitted, abortSignal };
      const pages = container.client.listBlobsFlat(list);
      return await firstOf(pages.byPage(pageAfter(continuationToken)));
    });
    continuationToken = page?.continuationToken;
    const blobs = page?.segment.blobItems ?? [];
    // What others have put there under names that are none of ours is left to them.
    yield blobs
      .filter(({ name }) => isKeyPart(name.slice(prefix.length)))
      .map(({ name, properties }) => ({ key: name.slice(container.prefix.length), properties }));
  } while (continuationToken);
}

/** Names of the folders that hold anything, a page at a time. */
export async function* listFolderPages(
  container: BlobContainer,
): AsyncGenerator<readonly string[]> {
  const { prefix } = container;
  let continuationToken: string | undefined;
  do {
    const page = await container.request('ListBlobs', async ({ abortSignal }) => {
      const list = { prefix, includeUncommitedBlobs: true, abortSignal };
      const pages = container.client.listBlobsByHierarchy('/', list);
      return await firstOf(pages.byPage(pageAfter(continuationToken)));
    });
    continuationToken = page?.continuationToken;
    const folders = page?.segment.blobPrefixes ?? [];
    yield folders.map(({ name }) => name.slice(prefix.length, -1));
  } while (continuationToken);
}

/**
 * Deletes objects in batches. A batch is answered as a whole even when parts of it have failed: it is
 * then sent again, what is gone already does no harm.
 */
export async function removeAll(container: BlobContainer, keys: readonly string[]): Promise<void> {
  const batches = container.client.getBlobBatchClient();
  for (let at = 0; at < keys.length; at += batchSize) {
    await container.request('DeleteBlob', async ({ abortSignal }) => {
      const batch = batches.createBatch();
      for (const key of keys.slice(at, at + batchSize)) {
        const { url } = container.blob(key);
        await batch.deleteBlob(url, container.credential, { deleteSnapshots: 'include' });
      }
      const { subResponses } = await batches.submitBatch(batch, { abortSignal });
      const failed = subResponses.find(({ status }) => status !== 202 && status !== 404);
      if (!failed) return;
      const { status: statusCode, errorCode: code, statusMessage } = failed;
      throw new RestError(statusMessage, { statusCode, ...(code && { code }) });
    });
  }
}

function pageAfter(continuationToken?: string): {
  maxPageSize: number;
  continuationToken?: string;
} {
  return { maxPageSize: pageSize, ...(continuationToken && { continuationToken }) };
}

async function firstOf<T>(pages: AsyncIterableIterator<T>): Promise<T | undefined> {
  for await (const page of pages) return page;
  return undefined;
}
