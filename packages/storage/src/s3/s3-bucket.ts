import { S3Client, type PutObjectCommandInput, type StorageClass } from '@aws-sdk/client-s3';
import { nameOf, reasonOf, s3Fault, type S3Operation } from './s3-faults.ts';
import { patientRetries } from './s3-retries.ts';
import { StorageError, type StorageErrorCode } from '../errors.ts';
import { isKeyPart, keyParts } from '../object-key.ts';
import type { OnRetry } from '../retry-reason.ts';
import type { S3Description } from '../storage-description.ts';
import { storageFault } from '../storage-fault.ts';

/** Limits of patience with a store that does not answer as it should. */
export interface S3Patience {
  /** A connection on which nothing has moved for so long is ended. */
  readonly stallMs: number;
  /** A request is sent again for so long. */
  readonly retryMs: number;
  readonly onRetry: OnRetry;
}

const usualPatience: S3Patience = {
  stallMs: 20_000,
  retryMs: 45_000,
  onRetry: () => undefined,
};

type KeptAs = Pick<
  PutObjectCommandInput,
  'StorageClass' | 'Tagging' | 'ServerSideEncryption' | 'SSEKMSKeyId'
>;

/** Requests at a time. One that waits for a connection any longer than it takes to make one counts as failed. */
const maxSockets = 256;

/** One bucket: the client, the place of keys in it, and faults told in our words. */
export class S3Bucket {
  readonly description: S3Description;
  /** Whether the store takes conditions; S3 does, some that speak its protocol answer 501 to them. */
  takesConditions = true;
  readonly #client: S3Client;

  constructor(description: S3Description, patience: Partial<S3Patience> = {}) {
    const { region, endpoint, pathStyle, credentials } = description;
    const { stallMs, retryMs, onRetry } = { ...usualPatience, ...patience };
    this.description = description;
    this.#client = new S3Client({
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials && { credentials }),
      forcePathStyle: pathStyle,
      retryStrategy: patientRetries(retryMs, onRetry),
      requestHandler: {
        connectionTimeout: 5_000,
        socketTimeout: stallMs,
        httpAgent: { maxSockets },
        httpsAgent: { maxSockets },
      },
    });
  }

  /** Does one request. @throws StorageError that names bucket, operation and what to do */
  async ask<T>(operation: S3Operation, work: (client: S3Client) => Promise<T>): Promise<T> {
    await this.signIn();
    return await this.#told(operation, () => work(this.#client));
  }

  /** Finds region and identity that signatures are of, by itself, so that its faults are not told as those of a request. */
  async signIn(): Promise<void> {
    await this.#told('sign-in', async () => {
      await this.#client.config.region();
      await this.#client.config.credentials();
    });
  }

  /** A fault that S3 did not tell of. */
  fault(code: StorageErrorCode, operation: S3Operation): StorageError {
    return storageFault({ code, store: nameOf(this.description), operation });
  }

  /** Bucket and key, as requests name them. @throws StorageError `invalid-key` */
  at(key: string): { readonly Bucket: string; readonly Key: string } {
    const { bucket, prefix } = this.description;
    return { Bucket: bucket, Key: prefix + keyParts(key).join('/') };
  }

  /** Bucket and what the keys of a folder begin with. @throws StorageError `invalid-key` */
  below(folder: string): { readonly Bucket: string; readonly Prefix: string } {
    const { Bucket, Key } = this.at(folder);
    return { Bucket, Prefix: `${Key}/` };
  }

  /** The key of an object of ours; `undefined` when somebody else has put it there. */
  keyOf(Key: string): string | undefined {
    const key = Key.slice(this.description.prefix.length);
    const parts = key.split('/');
    return parts.length === 2 && parts.every(isKeyPart) ? key : undefined;
  }

  /** How objects are to be kept. */
  get keptAs(): KeptAs {
    const { storageClass, tags, encryptionKey } = this.description;
    const Tagging = new URLSearchParams(tags).toString();
    return {
      ...(storageClass !== undefined && { StorageClass: storageClass as StorageClass }),
      ...(Tagging && { Tagging }),
      ...(encryptionKey !== undefined && {
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: encryptionKey,
      }),
    };
  }

  async #told<T>(operation: S3Operation, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof StorageError) throw error;
      throw s3Fault(error, operation, this.description);
    }
  }
}

/** Whether a fault that `ask` has told was this one, in the words of S3. */
export function isReason(error: unknown, ...reasons: readonly string[]): boolean {
  return error instanceof StorageError && reasons.includes(reasonOf(error.cause ?? error));
}
