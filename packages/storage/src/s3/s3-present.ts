import { GetObjectCommand, HeadObjectCommand } from '@aws-sdk/client-s3';
import { isReason, type S3Bucket } from './s3-bucket.ts';
import { StorageError } from '../errors.ts';

/** What an object says of itself. */
export interface PresentObject {
  readonly etag: string | undefined;
  readonly bytes: number;
  readonly modifiedAt: Date;
  /** Attempt of the part that wrote it; 0 when it is none of ours. */
  readonly attempt: number;
  /** Id of the writer that wrote it. */
  readonly writer: string | undefined;
}

const attemptName = 'sluice-attempt';
const writerName = 'sluice-writer';

/** What a writer puts on its object, so that `lookAt` finds it there. */
export function writerMetadata(attempt: number, writer: string): Record<string, string> {
  return { [attemptName]: String(attempt), [writerName]: writer };
}

/** Facts of the object of a key, or `undefined` when there is none. */
export async function lookAt(bucket: S3Bucket, key: string): Promise<PresentObject | undefined> {
  try {
    const facts = await bucket.ask('HeadObject', (client) =>
      client.send(new HeadObjectCommand(bucket.at(key))),
    );
    return {
      etag: facts.ETag,
      bytes: facts.ContentLength ?? 0,
      modifiedAt: facts.LastModified ?? new Date(0),
      attempt: Number(facts.Metadata?.[attemptName] ?? 0),
      writer: facts.Metadata?.[writerName],
    };
  } catch (error) {
    if (error instanceof StorageError && error.code === 'not-found') return undefined;
    if (isReason(error, '301', '400', '403')) await explain(bucket, key);
    throw error;
  }
}

/** A HEAD has no body to say what is wrong; a GET of the same object fails with the reason. */
async function explain(bucket: S3Bucket, key: string): Promise<void> {
  const { Body } = await bucket.ask('HeadObject', (client) =>
    client.send(new GetObjectCommand({ ...bucket.at(key), Range: 'bytes=0-0' })),
  );
  await Body?.transformToByteArray();
}
