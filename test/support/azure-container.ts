import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { buffer } from 'node:stream/consumers';
import {
  BlobServiceClient,
  ContainerSASPermissions,
  StorageSharedKeyCredential,
  type ContainerClient,
} from '@azure/storage-blob';
import type { AzureDescription } from '../../packages/storage/src/storage-description.ts';
import { startAzurite, type Azurite } from '../servers/azurite.ts';
import type { SelfSignedCertificate } from '../servers/self-signed-certificate.ts';

/** Name of the container that each server of a test has. */
export const containerName = 'exports';

/** A server with one container, which tests share by prefix, and a look at it past the store. */
export class AzureTestContainer {
  readonly server: Azurite;
  readonly client: ContainerClient;
  readonly #ca: string | undefined;

  private constructor(server: Azurite, client: ContainerClient, ca: string | undefined) {
    this.server = server;
    this.client = client;
    this.#ca = ca;
  }

  /** @param certificate for https, and for bearer tokens */
  static async start(certificate?: SelfSignedCertificate): Promise<AzureTestContainer> {
    const server = await startAzurite(certificate ? { certificate } : {});
    const { storageAccount, accountKey, endpoint } = server;
    const credential = new StorageSharedKeyCredential(storageAccount, accountKey);
    // Not among the options that its types have.
    const trust: object = certificate ? { tlsOptions: { ca: certificate.cert } } : {};
    const service = new BlobServiceClient(endpoint, credential, trust);
    const { containerClient } = await service.createContainer(containerName);
    return new AzureTestContainer(server, containerClient, certificate?.cert);
  }

  /** A place of its own, for an identity. */
  newPlace(): AzureDescription {
    const { endpoint, storageAccount } = this.server;
    const prefix = `tests/${randomBytes(6).toString('hex')}/`;
    return {
      provider: 'azure',
      container: containerName,
      prefix,
      tags: {},
      endpoint,
      storageAccount,
    };
  }

  /** A place of its own, by account key. */
  newPlaceByKey(): AzureDescription {
    return { ...this.newPlace(), accountKey: this.server.accountKey };
  }

  /** Keys of the objects in a place, and something for each block that is not committed; sorted. */
  async listEverything({ prefix }: AzureDescription): Promise<string[]> {
    const found: string[] = [];
    const blobs = this.client.listBlobsFlat({ prefix, includeUncommitedBlobs: true });
    for await (const { name } of blobs) {
      const blob = this.client.getBlockBlobClient(name);
      const { uncommittedBlocks = [] } = await blob.getBlockList('uncommitted');
      if (await blob.exists()) found.push(name);
      found.push(...uncommittedBlocks.map((block) => `${name} ${block.name}`));
    }
    return found.map((name) => name.slice(prefix.length)).sort();
  }

  /** Makes empty objects. The SDK would take longer for it than the server. */
  async fill({ prefix }: AzureDescription, keys: readonly string[]): Promise<void> {
    const { url } = this.client;
    const permissions = ContainerSASPermissions.from({ create: true });
    const expiresOn = new Date(Date.now() + 600_000);
    const { search } = new URL(await this.client.generateSasUrl({ permissions, expiresOn }));
    const { Agent } = url.startsWith('https:') ? https : http;
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-length': 0 };
    const put = { method: 'PUT', headers, agent };
    const answers = await Promise.all(
      keys.map((key) => this.send(`${url}/${prefix}${key}${search}`, put)),
    );
    agent.destroy();
    const refused = answers.find(({ status }) => status !== 201);
    if (refused) throw new Error(`the server refused an object: ${refused.text}`);
  }

  /** What anybody gets who trusts the server's certificate. */
  async send(url: string, options: https.RequestOptions = { agent: false }): Promise<Answer> {
    const request = url.startsWith('https:')
      ? https.request(url, { ca: this.#ca, ...options })
      : http.request(url, options);
    const [answer] = (await once(request.end(), 'response')) as [http.IncomingMessage];
    const text = (await buffer(answer)).toString();
    return { status: answer.statusCode, headers: answer.headers, text };
  }
}

/** Of a server, read whole. */
export interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}
