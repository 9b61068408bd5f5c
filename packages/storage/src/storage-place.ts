import { formatDeployment, parseDeployment, type Deployment, type Place } from '@sluice/runtime';
import { StorageError } from './errors.ts';
import type { OutputStore } from './output-store.ts';
import type { StorageDescription } from './storage-description.ts';

/** Object that says whose a storage is. It lies beside the folders of exports, not in one. */
const key = 'sluice-deployment.json';

/** Two may remove and make the object in turn; nobody does so for long. */
const maxLooks = 5;

/** The storage that a description is of, as the place of one deployment. */
export class StoragePlace implements Place {
  readonly name: string;
  readonly remedy: string;
  readonly #store: OutputStore;

  constructor(store: OutputStore, description: StorageDescription) {
    this.#store = store;
    this.name = nameOf(description);
    this.remedy = remedyFor(description);
  }

  async claim(own: Deployment): Promise<Deployment> {
    for (let looks = 1; looks <= maxLooks; looks += 1) {
      const owner = await this.#readOwner();
      if (owner) return owner;
      if (await this.#store.create(key, Buffer.from(`${formatDeployment(own)}\n`))) return own;
    }
    throw new StorageError('unavailable', `${this.name}: others claim it at the same time`);
  }

  async takeOver(own: Deployment): Promise<Deployment | undefined> {
    const before = await this.#readOwner();
    if (before?.id === own.id) return before;
    await this.#store.remove(key);
    await this.claim(own);
    return before;
  }

  async #readOwner(): Promise<Deployment | undefined> {
    const note = await this.#read();
    if (note === undefined) return undefined;
    const owner = parseDeployment(note);
    if (owner) return owner;
    throw new StorageError('misconfigured', `${key} names no deployment; remove it`);
  }

  async #read(): Promise<string | undefined> {
    try {
      const blocks: Buffer[] = [];
      for await (const block of await this.#store.read(key)) blocks.push(block as Buffer);
      return Buffer.concat(blocks).toString();
    } catch (error) {
      if (error instanceof StorageError && error.code === 'not-found') return undefined;
      throw error;
    }
  }
}

function nameOf(description: StorageDescription): string {
  switch (description.provider) {
    case 'file':
      return `FILE_STORAGE_DIR "${description.root}"`;
    case 'aws':
    case 'gcp':
      return `Bucket "${description.bucket}" ${below(description.prefix)}`;
    case 'azure':
      return `Container "${description.container}" ${below(description.prefix)}`;
  }
}

function below(prefix: string): string {
  return prefix === ''
    ? 'without BOX_FHIR_BULK_STORAGE_PREFIX'
    : `below BOX_FHIR_BULK_STORAGE_PREFIX "${prefix}"`;
}

function remedyFor({ provider }: StorageDescription): string {
  return `set another ${provider === 'file' ? 'FILE_STORAGE_DIR' : 'BOX_FHIR_BULK_STORAGE_PREFIX'}`;
}
