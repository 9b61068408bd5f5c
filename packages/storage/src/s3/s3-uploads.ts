import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type MultipartUpload,
} from '@aws-sdk/client-s3';
import { isReason, type S3Bucket } from './s3-bucket.ts';

/** A multipart upload that has begun and is neither complete nor aborted. */
export interface Upload {
  readonly Key: string;
  readonly UploadId: string;
}

/** Ends uploads that are on their way, in a folder. Requests that still send parts to them fail. */
export async function abortUploads(bucket: S3Bucket, folder: string): Promise<void> {
  for (;;) {
    const { Uploads = [], IsTruncated } = await bucket.ask('ListMultipartUploads', (client) =>
      client.send(new ListMultipartUploadsCommand(bucket.below(folder))),
    );
    for (let at = 0; at < Uploads.length; at += atATime) {
      const some = Uploads.slice(at, at + atATime).filter(isWhole);
      await Promise.all(some.map((upload) => abortUpload(bucket, upload)));
    }
    // From the beginning again: what was listed is gone, and servers differ in what markers they take.
    if (!IsTruncated) return;
  }
}

const atATime = 16;

/** Ends one upload; harmless when it has ended. */
export async function abortUpload(bucket: S3Bucket, { Key, UploadId }: Upload): Promise<void> {
  const { bucket: Bucket } = bucket.description;
  try {
    await bucket.ask('AbortMultipartUpload', (client) =>
      client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
    );
  } catch (error) {
    if (!isReason(error, 'NoSuchUpload')) throw error;
  }
}

/** What the keys of uploads on their way begin with, up to the slash after their folder. */
export async function foldersOfUploads(bucket: S3Bucket): Promise<string[]> {
  const { bucket: Bucket, prefix: Prefix } = bucket.description;
  const found: string[] = [];
  let KeyMarker: string | undefined;
  do {
    const command = new ListMultipartUploadsCommand({ Bucket, Prefix, Delimiter: '/', KeyMarker });
    const page = await bucket.ask('ListMultipartUploads', (client) => client.send(command));
    for (const { Prefix: folder } of page.CommonPrefixes ?? []) if (folder) found.push(folder);
    KeyMarker = page.IsTruncated ? page.NextKeyMarker : undefined;
  } while (KeyMarker);
  return found;
}

function isWhole(upload: MultipartUpload): upload is MultipartUpload & Upload {
  return upload.Key !== undefined && upload.UploadId !== undefined;
}
