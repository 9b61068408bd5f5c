import { PutObjectCommand } from '@aws-sdk/client-s3';
import { isReason, type S3Bucket } from './s3-bucket.ts';
import { lookAt } from './s3-present.ts';

/** Stores a small object unless there is one already. Where the store takes no conditions, a look has to do. @returns whether it has */
export async function createObject(
  bucket: S3Bucket,
  key: string,
  content: Buffer,
): Promise<boolean> {
  if (!bucket.takesConditions && (await lookAt(bucket, key))) return false;
  const command = new PutObjectCommand({
    ...bucket.at(key),
    ...bucket.keptAs,
    ...(bucket.takesConditions && { IfNoneMatch: '*' }),
    ContentType: 'application/json',
    Body: content,
  });
  try {
    await bucket.ask('PutObject', (client) => client.send(command));
    return true;
  } catch (error) {
    if (isReason(error, 'PreconditionFailed', 'ConditionalRequestConflict')) return false;
    if (!bucket.takesConditions || !isReason(error, 'NotImplemented')) throw error;
    bucket.takesConditions = false;
    return await createObject(bucket, key, content);
  }
}
