import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  PutBucketPolicyCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { startFaultProxy } from '../servers/fault-proxy.ts';
import { startVersityGw } from '../servers/versitygw.ts';
import type { ProxiedStorage } from './proxied-storage.ts';

const bucket = 'exports';

/** What docs/storage.md gives an account. */
const permissions = {
  [`arn:aws:s3:::${bucket}`]: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
  [`arn:aws:s3:::${bucket}/*`]: [
    's3:PutObject',
    's3:GetObject',
    's3:DeleteObject',
    's3:AbortMultipartUpload',
  ],
};

/** Starts versitygw, with a bucket and an account that has the permissions it needs and no more. */
export async function startProxiedS3(): Promise<ProxiedStorage> {
  const server = await startVersityGw();
  const proxy = await startFaultProxy(server.url);
  const { url: endpoint, region, root: credentials } = server;
  const owner = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
  await owner.send(new CreateBucketCommand({ Bucket: bucket }));
  const keys = { accessKeyId: 'AKIAEXPORTER', secretAccessKey: 'secret+of/the-exporter' };
  await server.addAccount(keys);
  const allow = async (denied?: string): Promise<void> => {
    const Statement = Object.entries(permissions).map(([Resource, actions]) => ({
      Effect: 'Allow',
      Principal: keys.accessKeyId,
      Action: actions.filter((action) => action !== denied),
      Resource,
    }));
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
    await owner.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  };
  await allow();
  return {
    env: {
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'aws',
      BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT: 'tests',
      BOX_FHIR_BULK_STORAGE_AWS_BUCKET: bucket,
      BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: proxy.url,
    },
    accounts: [
      {
        resourceType: 'AwsAccount',
        id: 'tests',
        region,
        'access-key-id': keys.accessKeyId,
        'secret-access-key': keys.secretAccessKey,
      },
    ],
    proxy,
    isPart: ({ url }) => url.includes('partNumber='),
    listUnfinished: async () => {
      const { Uploads = [] } = await owner.send(
        new ListMultipartUploadsCommand({ Bucket: bucket }),
      );
      return Uploads.map(({ Key = '' }) => Key);
    },
    deny: allow,
    heal: async () => {
      proxy.reset();
      await allow();
    },
    stop: async () => {
      await proxy.stop();
      await server.stop();
    },
  };
}
