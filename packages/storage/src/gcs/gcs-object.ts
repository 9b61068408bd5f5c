import type { GcsDescription } from '../storage-description.ts';
import type { WriteOptions } from '../output-store.ts';
import type { GcsAnswer, GcsClient } from './gcs-client.ts';

/** What the JSON API tells of an object; numbers are text there. */
export interface GcsObject {
  readonly name: string;
  readonly size: string;
  readonly generation: string;
  readonly updated: string;
  readonly crc32c?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** Names of ours in an object's metadata. */
export const metadataNames = {
  /** The attempt that wrote it: its fencing token. */
  attempt: 'sluice-attempt',
  /** Which upload of an attempt, so that one whose reply was lost knows its object. */
  upload: 'sluice-upload',
  /** Of a marker: the key of the object that is being uploaded. */
  key: 'sluice-key',
} as const;

/** What an object is to be, besides its bytes. */
export interface ObjectToWrite {
  /** Its name in the bucket. */
  readonly name: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
  readonly storageClass?: string;
  readonly kmsKeyName?: string;
}

/** The object of an output file. */
export function outputObject(
  { tags, storageClass, encryptionKey }: GcsDescription,
  name: string,
  { contentType, attempt }: WriteOptions,
  uploadId: string,
): ObjectToWrite {
  const own = { [metadataNames.attempt]: String(attempt), [metadataNames.upload]: uploadId };
  return {
    name,
    contentType,
    metadata: { ...tags, ...own },
    ...(storageClass && { storageClass }),
    ...(encryptionKey && { kmsKeyName: encryptionKey }),
  };
}

/** Path of an object in the JSON API. */
export function objectPath(bucket: string, name: string): string {
  return `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`;
}

/** Path that objects are uploaded to. */
export function uploadPath(bucket: string): string {
  return `/upload/storage/v1/b/${encodeURIComponent(bucket)}/o`;
}

/** The object there is, or `undefined`. */
export async function getObject(client: GcsClient, name: string): Promise<GcsObject | undefined> {
  const answer = await client.send<GcsObject>({
    operation: 'storage.objects.get',
    method: 'GET',
    path: objectPath(client.bucket, name),
    query: { fields: 'name,size,generation,updated,crc32c,metadata' },
    accept: [404],
  });
  return answer.status === 404 ? undefined : answer.data;
}

/**
 * Writes an object in one request, unless the one there is another than `generation` ('0': there is
 * none); the status is then 412. Google refuses bytes that the sum is not of.
 */
export async function putObject(
  client: GcsClient,
  object: ObjectToWrite,
  content: { readonly bytes: Buffer; readonly crc32c: string },
  generation: string,
  signal?: AbortSignal,
): Promise<GcsAnswer<GcsObject>> {
  const { name, contentType, kmsKeyName, metadata, storageClass } = object;
  const resource = { name, contentType, metadata, storageClass, crc32c: content.crc32c };
  const boundary = 'sluice-5b1c0f0e9d7a4c63';
  const head = [
    `--${boundary}\r\nContent-Type: application/json; charset=UTF-8\r\n\r\n${JSON.stringify(resource)}\r\n`,
    `--${boundary}\r\nContent-Type: ${contentType}\r\n\r\n`,
  ].join('');
  return await client.send<GcsObject>({
    operation: 'storage.objects.create',
    method: 'POST',
    path: uploadPath(client.bucket),
    query: { uploadType: 'multipart', name, kmsKeyName, ifGenerationMatch: generation },
    headers: { 'Content-Type': `multipart/related; boundary=${boundary}` },
    body: Buffer.concat([Buffer.from(head), content.bytes, Buffer.from(`\r\n--${boundary}--`)]),
    accept: [412],
    ...(signal && { signal }),
  });
}

/** Removes an object, harmless when there is none; with `generation`, that one alone. */
export async function deleteObject(
  client: GcsClient,
  name: string,
  generation?: string,
): Promise<void> {
  await client.send({
    operation: 'storage.objects.delete',
    method: 'DELETE',
    path: objectPath(client.bucket, name),
    query: { ifGenerationMatch: generation },
    accept: [404, 412],
  });
}
