import {
  BlobSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { basename } from 'node:path/posix';
import type { BlobContainer } from './blob-container.ts';
import { DelegationKeys } from './delegation-keys.ts';

/** Signs URLs: with the account key, else with a key that the service gives the identity. SPEC I-046, I-047 */
export class UrlSigner {
  readonly #container: BlobContainer;
  readonly #keys: DelegationKeys;

  constructor(container: BlobContainer, now: () => number) {
    this.#container = container;
    this.#keys = new DelegationKeys(container, now);
  }

  /** URL that reads the object and nothing else until it expires, or its key does. */
  async sign(key: string, expiresAt: Date): Promise<string> {
    const { client, credential, storageAccount } = this.#container;
    const blob = this.#container.blob(key);
    const wanted = {
      containerName: client.containerName,
      blobName: blob.name,
      permissions: BlobSASPermissions.from({ read: true }),
      contentDisposition: `attachment; filename="${basename(key)}"`,
      protocol: blob.url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    };
    if (credential instanceof StorageSharedKeyCredential) {
      const signed = { ...wanted, expiresOn: expiresAt };
      return `${blob.url}?${generateBlobSASQueryParameters(signed, credential).toString()}`;
    }
    const { key: delegationKey, endsAt } = await this.#keys.keyFor(expiresAt);
    const signed = { ...wanted, expiresOn: endsAt < expiresAt ? endsAt : expiresAt };
    const query = generateBlobSASQueryParameters(signed, delegationKey, storageAccount);
    return `${blob.url}?${query.toString()}`;
  }
}
