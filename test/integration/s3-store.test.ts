import { randomUUID } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import { S3Store } from '../../packages/storage/src/s3/s3-store.ts';
import { withServer } from '../servers/available-servers.ts';
import { startVersityGw, type VersityGw } from '../servers/versitygw.ts';
import { describeOutputStore } from '../support/output-store-contract.ts';

withServer('versitygw', () => {
  let server: VersityGw;
  let owner: S3Client;

  beforeAll(async () => {
    server = await startVersityGw();
    const { url: endpoint, region, root: credentials } = server;
    owner = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  });
  afterAll(() => server.stop());

  /** A bucket of its own, and what describes it to a store. */
  const newBucket = async () => {
    const bucket = `exports-${randomUUID()}`;
    await owner.send(new CreateBucketCommand({ Bucket: bucket }));
    const { url: endpoint, region, root: credentials } = server;
    const rest = { prefix: 'sluice/', tags: {}, pathStyle: true };
    return { provider: 'aws', bucket, endpoint, region, credentials, ...rest } as const;
  };

  /** Keys below the prefix, of objects and of uploads on their way. */
  const everythingIn = async (Bucket: string): Promise<string[]> => {
    const { Contents = [] } = await owner.send(new ListObjectsV2Command({ Bucket }));
    const { Uploads = [] } = await owner.send(new ListMultipartUploadsCommand({ Bucket }));
    return [...Contents, ...Uploads].map(({ Key = '' }) => Key.replace('sluice/', '')).sort();
  };

  describeOutputStore(
    'S3',
    async () => {
      const description = await newBucket();
      // The server answers 500 for ever to the commit of an upload that was aborted while a part arrived.
      const store = new S3Store(description, { retryMs: 3_000 });
      // What lies in its folder is there.
      const fill = async (keys: readonly string[]) => {
        const at = (key: string) => join(server.dataFolder, description.bucket, 'sluice', key);
        await mkdir(dirname(at(keys[0] ?? '')), { recursive: true });
        for (const key of keys) await writeFile(at(key), '');
      };
      const listEverything = () => everythingIn(description.bucket);
      return { description, store, fill, listEverything };
    },
    { signsUrls: true },
  );
});
