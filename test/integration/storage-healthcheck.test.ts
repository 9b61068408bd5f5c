import { randomUUID } from 'node:crypto';
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { createOutputStore, StorageHealth, type StorageDescription } from '@sluice/storage';
import { withServer } from '../servers/available-servers.ts';
import { startAzurite, type Azurite } from '../servers/azurite.ts';
import { startFakeGcs } from '../servers/fake-gcs.ts';
import { startGcsGate, type GcsGate } from '../servers/gcs-gate.ts';
import { startVersityGw, type VersityGw } from '../servers/versitygw.ts';

const common = { prefix: 'sluice/', tags: {} };

/** What a check of the store says: all its messages, or `ok`. */
async function checked(description: StorageDescription): Promise<string> {
  const store = await createOutputStore(description);
  const report = await new StorageHealth({ store, description }).check();
  if ('result' in report) return report.result.message;
  return report.error.faults.map(({ message }) => message).join('\n');
}

describe('S3', () => {
  withServer('versitygw', () => {
    let server: VersityGw;
    let owner: S3Client;
    const keys = { accessKeyId: 'AKIALIMITED', secretAccessKey: 'secret+of/the-limited-one' };
    const permissions = {
      bucket: ['s3:ListBucket', 's3:ListBucketMultipartUploads'],
      objects: ['s3:PutObject', 's3:GetObject', 's3:DeleteObject', 's3:AbortMultipartUpload'],
    };

    beforeAll(async () => {
      server = await startVersityGw();
      const { url: endpoint, region, root: credentials } = server;
      owner = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      await server.addAccount(keys);
    });
    afterAll(() => server.stop());

    /** A bucket in which an account may do everything it needs but one thing. */
    const bucketWithout = async (missing?: string): Promise<StorageDescription> => {
      const bucket = `exports-${randomUUID()}`;
      await owner.send(new CreateBucketCommand({ Bucket: bucket }));
      const allow = (actions: readonly string[], Resource: string) => ({
        Effect: 'Allow',
        Principal: keys.accessKeyId,
        Action: actions.filter((action) => action !== missing),
        Resource,
      });
      const Statement = [
        allow(permissions.bucket, `arn:aws:s3:::${bucket}`),
        allow(permissions.objects, `arn:aws:s3:::${bucket}/*`),
      ];
      const Policy = JSON.stringify({ Version: '2012-10-17', Statement });
      await owner.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
      const { url: endpoint, region } = server;
      const place = { bucket, endpoint, region, pathStyle: true };
      return { provider: 'aws', ...common, ...place, credentials: keys };
    };

    test('with the permissions of docs/storage.md all is well', async () => {
      expect(await checked(await bucketWithout())).toBe('ok');
    });

    test.each([
      's3:PutObject',
      's3:GetObject',
      's3:DeleteObject',
      's3:ListBucket',
      's3:ListBucketMultipartUploads',
    ])('without %s it is named', async (permission) => {
      const description = await bucketWithout(permission);
      expect(await checked(description)).toMatch(
        new RegExp(`S3 bucket "exports-.* refuses .*${permission}`),
      );
    });

    test('a bucket that there is none of, a wrong secret and an unknown key are told apart', async () => {
      const right = (await bucketWithout()) as Extract<StorageDescription, { provider: 'aws' }>;
      const with_ = (change: Partial<typeof right>) => checked({ ...right, ...change });
      expect(await with_({ bucket: 'no-such-bucket' })).toContain('create it, or name another');
      const wrong = { ...keys, secretAccessKey: 'another' };
      expect(await with_({ credentials: wrong })).toContain('SignatureDoesNotMatch');
      const unknown = { ...keys, accessKeyId: 'AKIAUNKNOWN' };
      expect(await with_({ credentials: unknown })).toContain('InvalidAccessKeyId');
    }, 60_000);
  });
});

describe('Google Cloud Storage', () => {
  withServer('fake-gcs-server', () => {
    let stop: () => Promise<void>;
    let gate: GcsGate;

    beforeAll(async () => {
      const server = await startFakeGcs();
      gate = await startGcsGate(server.url);
      stop = async () => {
        await gate.stop();
        await server.stop();
      };
    });
    afterAll(() => stop());

    const description = (): StorageDescription => {
      const { email, privateKey } = gate.account;
      const serviceAccount = { email, privateKey, tokenUri: `${gate.url}/token` };
      const place = { bucket: gate.bucket, endpoint: gate.url };
      return { provider: 'gcp', ...common, ...place, serviceAccount };
    };

    test('with the permissions of docs/storage.md all is well', async () => {
      expect(await checked(description())).toBe('ok');
    });

    test.each([
      'storage.objects.create',
      'storage.objects.get',
      'storage.objects.list',
      'storage.objects.delete',
    ])('without %s it is named', async (permission) => {
      const giveBack = gate.deny(permission);
      expect(await checked(description())).toContain(`GCS bucket "exports" refuses ${permission}`);
      giveBack();
    });
  });
});

describe('Azure Blob Storage', () => {
  let server: Azurite;

  beforeAll(async () => {
    server = await startAzurite();
  });
  afterAll(() => server.stop());

  test('a container that there is none of and a wrong key are told apart', async () => {
    const { endpoint, storageAccount, accountKey } = server;
    const place = { container: 'none', endpoint, storageAccount };
    const description = { provider: 'azure', ...common, ...place } as const;
    expect(await checked({ ...description, accountKey })).toContain(
      'Azure container "none" refuses PutBlock (ContainerNotFound): create the container',
    );
    const wrong = Buffer.from('another key').toString('base64');
    expect(await checked({ ...description, accountKey: wrong })).toContain('check the account key');
  });
});
