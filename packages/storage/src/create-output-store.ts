import type { OutputStore } from './output-store.ts';
import type { OnRetry } from './retry-reason.ts';
import type { StorageDescription } from './storage-description.ts';

/** Options of createOutputStore. */
export interface OutputStoreOptions {
  /** Requests for the tokens of an identity are not told of: the SDKs make them. */
  readonly onRetry?: OnRetry;
}

/**
 * Makes the store that a description is of; nothing is touched until it is used. Only the code of its
 * backend is loaded: the SDKs of the others would cost memory and a second of every start.
 */
export async function createOutputStore(
  description: StorageDescription,
  options: OutputStoreOptions = {},
): Promise<OutputStore> {
  switch (description.provider) {
    case 'file': {
      const { FileStore } = await import('./file/file-store.ts');
      return new FileStore(description.root);
    }
    case 'aws': {
      const { S3Store } = await import('./s3/s3-store.ts');
      return new S3Store(description, options);
    }
    case 'gcp': {
      const { GcsStore } = await import('./gcs/gcs-store.ts');
      return new GcsStore(description, options);
    }
    case 'azure': {
      const { AzureStore } = await import('./azure/azure-store.ts');
      return new AzureStore(description, options);
    }
  }
}
