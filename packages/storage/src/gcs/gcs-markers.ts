import type { GcsClient } from './gcs-client.ts';
import { listObjects } from './gcs-list.ts';
import {
  deleteObject,
  metadataNames,
  objectPath,
  putObject,
  type GcsObject,
} from './gcs-object.ts';
import { cancelSession } from './gcs-session.ts';
import { crc32c, crc32cText } from './crc32c.ts';

/** Google cannot list upload sessions, so each is told of by a small object beside what it writes. */
const markerName = '.upload-';

/** Whose upload a marker tells of. */
export interface Marker {
  /** Name of the object that is uploaded. */
  readonly key: string;
  readonly attempt: number;
  readonly uploadId: string;
}

/** Name of the marker of an upload. */
export function markerOf({ key, uploadId }: Marker): string {
  return `${folderOf(key)}${markerName}${uploadId}`;
}

/** Writes the marker of an upload, before the first byte goes to its session. */
export async function writeMarker(
  client: GcsClient,
  marker: Marker,
  sessionUri: string,
): Promise<void> {
  const { key, attempt } = marker;
  const bytes = Buffer.from(sessionUri);
  const metadata = { [metadataNames.key]: key, [metadataNames.attempt]: String(attempt) };
  const object = { name: markerOf(marker), contentType: 'text/plain', metadata };
  // A 412 is the answer to a repeated request: the name is nobody else's.
  await putObject(client, object, { bytes, crc32c: crc32cText(crc32c(bytes)) }, '0');
}

/** Folder of an object, with a slash at its end. */
export function folderOf(key: string): string {
  return key.slice(0, key.lastIndexOf('/') + 1);
}

/**
 * Ends the sessions that markers tell of, in a folder (with a slash at its end), and removes the markers.
 *
 * @param isMeant picks some of them; absent: all
 */
export async function endMarkedSessions(
  client: GcsClient,
  folder: string,
  isMeant: (key: string, attempt: number) => boolean = () => true,
): Promise<void> {
  for await (const marker of listObjects(client, `${folder}${markerName}`)) {
    const { [metadataNames.key]: key = '', [metadataNames.attempt]: attempt } =
      marker.metadata ?? {};
    if (!isMeant(key, Number(attempt))) continue;
    const uri = await readMarker(client, marker);
    if (uri !== undefined) await cancelSession(client, uri);
    await deleteObject(client, marker.name);
  }
}

async function readMarker(client: GcsClient, { name }: GcsObject): Promise<string | undefined> {
  const { status, data } = await client.send<string>({
    operation: 'storage.objects.get',
    method: 'GET',
    path: objectPath(client.bucket, name),
    query: { alt: 'media' },
    accept: [404],
  });
  // Its writer has just finished.
  return status === 404 ? undefined : data;
}
