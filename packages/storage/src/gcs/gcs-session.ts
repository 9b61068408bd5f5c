import type { StorageError } from '../errors.ts';
import { storageFault } from '../storage-fault.ts';
import type { GcsAnswer, GcsClient } from './gcs-client.ts';
import { uploadPath, type GcsObject, type ObjectToWrite } from './gcs-object.ts';
import { persevere } from './gcs-patience.ts';

/** Every chunk but the last is a multiple of this. */
export const chunkUnit = 256 << 10;

/** How a session says that it is over: unknown, expired, cancelled. */
const endedStatuses: readonly number[] = [404, 410, 499];

/**
 * One resumable upload: bytes go to a session in order, and become an object with the last of them.
 * Whoever knows the URI of a session may write to it, without signing in.
 *
 *   begun ──send──► begun ──send with the end──► ended: the object is there
 *     └──────────── cancel, by anyone ─────────► ended: nothing is left
 *
 * After a fault only Google knows how much has arrived, so it is asked before more is sent.
 */
export class GcsSession {
  readonly uri: string;
  readonly #client: GcsClient;
  readonly #signal: AbortSignal;
  /** Bytes that Google has for certain. */
  #sent = 0;

  private constructor(client: GcsClient, uri: string, signal: AbortSignal) {
    this.#client = client;
    this.uri = uri;
    this.#signal = signal;
  }

  /**
   * Begins an upload that ends with 412 when another object than `generation` ('0': none) is there then.
   *
   * @param signal ends waiting for what is sent
   */
  static async begin(
    client: GcsClient,
    object: ObjectToWrite,
    generation: string,
    signal: AbortSignal,
  ): Promise<GcsSession> {
    const { name, contentType, kmsKeyName, metadata, storageClass } = object;
    const { headers } = await client.send({
      operation: 'storage.objects.create',
      method: 'POST',
      path: uploadPath(client.bucket),
      query: { uploadType: 'resumable', name, kmsKeyName, ifGenerationMatch: generation },
      headers: {
        'Content-Type': 'application/json; charset=UTF-8',
        'X-Upload-Content-Type': contentType,
      },
      body: Buffer.from(JSON.stringify({ name, contentType, metadata, storageClass })),
      signal,
    });
    return new GcsSession(client, headers.location ?? '', signal);
  }

  /** Sends a multiple of `chunkUnit` of bytes; more will follow. */
  async send(bytes: Buffer): Promise<void> {
    if (await this.#sendAll(bytes, '*')) throw this.endedFault();
  }

  /**
   * Sends the last bytes. Google refuses the object when the sum is not of all of them. None: the
   * session ended otherwise, in what may have been an answer that was lost.
   */
  async finish(bytes: Buffer, crc32c: string): Promise<GcsAnswer<GcsObject> | undefined> {
    const total = String(this.#sent + bytes.length);
    const answer = await this.#sendAll(bytes, total, { 'X-Goog-Hash': `crc32c=${crc32c}` });
    return answer && endedStatuses.includes(answer.status) ? undefined : answer;
  }

  /** Whoever ended the session: another upload may do better. */
  endedFault(): StorageError {
    return this.#fault('the upload was ended by somebody else');
  }

  /** The answer that ended the session, or none while there is more to come. */
  async #sendAll(
    bytes: Buffer,
    total: string,
    headers: Record<string, string> = {},
  ): Promise<GcsAnswer<GcsObject> | undefined> {
    const start = this.#sent;
    const end = start + bytes.length;
    while (this.#sent < end) {
      const answer = await persevere(
        this.#client.patience,
        async (fault) => {
          const known = fault && (await this.#put(`*/${total}`));
          if (known && (known.status !== 308 || received(known) > this.#sent)) return known;
          const range = `${this.#sent}-${end - 1}/${total}`;
          const put = await this.#put(range, bytes.subarray(this.#sent - start), headers);
          if (put.status !== 308 || received(put) > this.#sent) return put;
          throw this.#fault('none of the bytes were kept');
        },
        this.#signal,
      );
      if (answer.status !== 308) return answer;
      this.#sent = received(answer);
    }
    return undefined;
  }

  async #put(
    range: string,
    body: Buffer = Buffer.alloc(0),
    headers: Record<string, string> = {},
  ): Promise<GcsAnswer<GcsObject>> {
    return await this.#client.sendOnce<GcsObject>({
      operation: 'storage.objects.create',
      method: 'PUT',
      path: this.uri,
      headers: {
        'Content-Type': 'application/octet-stream',
        'Content-Range': `bytes ${range}`,
        ...headers,
      },
      body,
      accept: [308, 412, ...endedStatuses],
      signal: this.#signal,
    });
  }

  #fault(advice: string): StorageError {
    const store = `GCS bucket "${this.#client.bucket}"`;
    return storageFault({
      code: 'unavailable',
      store,
      operation: 'storage.objects.create',
      advice,
    });
  }
}

/** Ends a session, whoever began it; harmless when it has ended. */
export async function cancelSession(client: GcsClient, uri: string): Promise<void> {
  // What the bucket says is a session must not lead us elsewhere.
  const { origin, protocol, hostname } = new URL(uri);
  const isGoogle = protocol === 'https:' && hostname.endsWith('.googleapis.com');
  if (!isGoogle && origin !== new URL(client.endpoint).origin) return;
  await client.send({
    operation: 'storage.objects.create',
    method: 'DELETE',
    path: uri,
    accept: endedStatuses,
  });
}

/** How many bytes a session says it has. */
function received({ headers }: GcsAnswer<unknown>): number {
  const last = /^bytes=0-(\d+)$/.exec(headers.range ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}
