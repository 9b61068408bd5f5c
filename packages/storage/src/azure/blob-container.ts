import {
  BlobServiceClient,
  StorageSharedKeyCredential,
  type BlobRequestConditions,
  type BlockBlobClient,
  type BlockBlobCommitBlockListOptions,
  type BlockBlobCommitBlockListResponse,
  type ContainerClient,
} from '@azure/storage-blob';
import type { TokenCredential } from '@azure/identity';
import { keyParts } from '../object-key.ts';
import type { StorageError } from '../errors.ts';
import type { OnRetry } from '../retry-reason.ts';
import { storageFault, type StorageFault } from '../storage-fault.ts';
import type { AzureDescription } from '../storage-description.ts';
import {
  azureFault,
  ifPresent,
  isConditionFault,
  retryReason,
  type AzureOperation,
} from './azure-faults.ts';
import { tryRequest, usualLimits, type Try, type TryLimits } from './request-tries.ts';
import { workloadIdentity } from './workload-identity.ts';

/** What is given in place of what production has. */
export interface BlobContainerOptions {
  /** In place of the identity that the environment names. */
  readonly credential?: TokenCredential;
  readonly limits?: TryLimits;
  /** Authority to trust, as PEM, in place of Node's own. */
  readonly ca?: string;
  readonly onRetry?: OnRetry;
}

/** One container: its address, by what right it is used, and how its requests are made. */
export class BlobContainer {
  readonly service: BlobServiceClient;
  readonly client: ContainerClient;
  readonly credential: StorageSharedKeyCredential | TokenCredential;
  readonly storageAccount: string;
  readonly prefix: string;
  /** What every block and every object is encrypted with. */
  readonly encryption: { readonly encryptionScope?: string };
  readonly limits: TryLimits;
  readonly onRetry: OnRetry;
  readonly #name: string;
  /** What the settings want of every object besides. */
  readonly #wanted: Pick<BlockBlobCommitBlockListOptions, 'tags' | 'tier'>;

  constructor(description: AzureDescription, options: BlobContainerOptions = {}) {
    const { storageAccount, accountKey, container, prefix } = description;
    const { credential = workloadIdentity(), limits = usualLimits, ca } = options;
    const { onRetry = () => undefined } = options;
    this.storageAccount = storageAccount;
    this.credential =
      accountKey === undefined
        ? credential
        : new StorageSharedKeyCredential(storageAccount, accountKey);
    const endpoint = description.endpoint ?? `https://${storageAccount}.blob.core.windows.net`;
    // Tries are ours to count.
    const once = { retryOptions: { maxTries: 1 }, ...(ca !== undefined && { tlsOptions: { ca } }) };
    this.service = new BlobServiceClient(endpoint, this.credential, once);
    this.client = this.service.getContainerClient(container);
    this.prefix = prefix;
    this.limits = limits;
    this.onRetry = onRetry;
    this.#name = `Azure container "${container}"`;
    const { storageClass, encryptionKey, tags } = description;
    this.encryption = encryptionKey === undefined ? {} : { encryptionScope: encryptionKey };
    this.#wanted = {
      ...(storageClass !== undefined && { tier: storageClass }),
      ...(Object.keys(tags).length > 0 && { tags: { ...tags } }),
    };
  }

  /** What the service calls an object or a folder. @throws StorageError `invalid-key` */
  nameOf(key: string): string {
    return this.prefix + keyParts(key).join('/');
  }

  blob(key: string): BlockBlobClient {
    return this.client.getBlockBlobClient(this.nameOf(key));
  }

  /** A fault that is none of the service's. */
  fault(fault: Omit<StorageFault, 'store'> & { readonly operation: AzureOperation }): StorageError {
    return storageFault({ store: this.#name, ...fault });
  }

  /**
   * Makes a request, again while it fails for reasons that pass.
   *
   * @param signal ends the trying, not a request under way
   * @throws StorageError
   */
  async request<T>(
    operation: AzureOperation,
    request: (attempt: Try) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> {
    const toFault = (error: unknown): unknown => azureFault(this.#name, operation, error);
    const onRetry = (fault: StorageError): void => this.onRetry(retryReason(fault));
    return await tryRequest(request, { limits: this.limits, toFault, onRetry, signal });
  }

  /** Makes an object of blocks that are staged, or are its own; all other blocks of it are gone then. */
  async commit(
    key: string,
    blocks: readonly string[],
    options: BlockBlobCommitBlockListOptions,
  ): Promise<BlockBlobCommitBlockListResponse> {
    return await this.request('PutBlockList', ({ abortSignal }) =>
      this.blob(key).commitBlockList([...blocks], {
        ...this.encryption,
        ...this.#wanted,
        ...options,
        abortSignal,
      }),
    );
  }

  /** Stores a small object unless there is one already. @returns whether it has */
  async create(key: string, content: Buffer): Promise<boolean> {
    try {
      await this.request('PutBlob', ({ abortSignal }) =>
        this.blob(key).upload(content, content.length, {
          ...this.encryption,
          ...this.#wanted,
          blobHTTPHeaders: { blobContentType: 'application/json' },
          conditions: { ifNoneMatch: '*' },
          abortSignal,
        }),
      );
      return true;
    } catch (error) {
      if (isConditionFault(error)) return false;
      throw error;
    }
  }

  /** Removes an object, its snapshots too; harmless when there is none. */
  async remove(key: string, conditions: BlobRequestConditions = {}): Promise<void> {
    await ifPresent(
      this.request('DeleteBlob', ({ abortSignal }) =>
        this.blob(key).delete({ conditions, deleteSnapshots: 'include', abortSignal }),
      ),
    );
  }
}
