import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { parse, stringify } from 'yaml';
import { withServer } from '../servers/available-servers.ts';
import { startAwsIdentity, type AwsIdentity } from '../servers/aws-identity.ts';
import type { Azurite } from '../servers/azurite.ts';
import { startEntra, type Entra } from '../servers/entra.ts';
import { startFakeGcs } from '../servers/fake-gcs.ts';
import { startGcsGate, type GcsGate } from '../servers/gcs-gate.ts';
import { createSelfSignedCertificate } from '../servers/self-signed-certificate.ts';
import { startVersityGw, type VersityGw } from '../servers/versitygw.ts';
import { AzureTestContainer, containerName } from '../support/azure-container.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { runSluice } from './cli-command.ts';

/** No account is named anywhere: the SDKs find who they are as they do in a pod. */
async function healthcheck(env: Record<string, string>) {
  // What this machine has of its own plays no part.
  const nothing = { AWS_CONFIG_FILE: '/none', AWS_SHARED_CREDENTIALS_FILE: '/none' };
  const ran = await runSluice(['healthcheck'], {
    AWS_EC2_METADATA_DISABLED: 'true',
    ...nothing,
    ...env,
  });
  return { code: ran.code, report: parse(ran.stdout) as object, written: ran.stdout + ran.stderr };
}

describe('EKS', () => {
  withServer('versitygw', () => {
    let server: VersityGw;
    let identity: AwsIdentity;
    let env: Record<string, string>;

    beforeAll(async () => {
      server = await startVersityGw();
      const { url: endpoint, region, root: credentials } = server;
      identity = await startAwsIdentity(credentials);
      const owner = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
      await owner.send(new CreateBucketCommand({ Bucket: 'exports' }));
      env = {
        BOX_FHIR_BULK_STORAGE_PROVIDER: 'aws',
        BOX_FHIR_BULK_STORAGE_AWS_BUCKET: 'exports',
        BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: endpoint,
      };
    });
    afterAll(async () => {
      await identity.stop();
      await server.stop();
    });

    test.each([
      ['IRSA', 'irsa', '/'],
      ['Pod Identity', 'podIdentity', '/v1/credentials'],
    ] as const)('%s gives the keys of the pod’s role', async (_name, way, path) => {
      const { code, report } = await healthcheck({ ...env, ...identity.env[way] });
      expect(report).toEqual({
        result: { message: 'ok', storage: { type: 'aws', bucket: 'exports' } },
      });
      expect(code).toBe(0);
      expect(identity.requests).toContain(path);
    });

    test('a role that the pod may not take on is told, without its token', async () => {
      const other = { ...identity.env.irsa, AWS_ROLE_ARN: 'arn:aws:iam::123456789012:role/other' };
      const { code, report, written } = await healthcheck({ ...env, ...other });
      expect([code, report]).toMatchObject([1, { error: { faults: [{ operation: 'write' }] } }]);
      expect(written).toContain('S3 bucket "exports" refuses sign-in (InvalidIdentityToken');
      expect(written).not.toContain('token-of-the-pod');
    });

    test('without any identity the text of the vendor documents comes', async () => {
      const { code, written } = await healthcheck({ ...env, AWS_REGION: 'us-east-1' });
      expect([code, written]).toEqual([
        1,
        expect.stringContaining('bulk-storage account not specified'),
      ]);
    });
  });
});

describe('GKE', () => {
  withServer('fake-gcs-server', () => {
    let gate: GcsGate;
    let stop: () => Promise<void>;
    let env: Record<string, string>;

    beforeAll(async () => {
      const server = await startFakeGcs();
      gate = await startGcsGate(server.url);
      stop = async () => {
        await gate.stop();
        await server.stop();
      };
      env = {
        BOX_FHIR_BULK_STORAGE_PROVIDER: 'gcp',
        BOX_FHIR_BULK_STORAGE_GCP_BUCKET: gate.bucket,
        BOX_FHIR_BULK_STORAGE_GCP_ENDPOINT: gate.url,
        BOX_FHIR_BULK_STORAGE_GCP_IAM_ENDPOINT: gate.url,
        GCE_METADATA_HOST: new URL(gate.url).host,
      };
    });
    afterAll(() => stop());

    test('the metadata server gives tokens, and IAM signs the URLs', async () => {
      const { code, report } = await healthcheck(env);
      expect(report).toEqual({
        result: { message: 'ok', storage: { type: 'gcp', bucket: gate.bucket } },
      });
      expect(code).toBe(0);
    });

    test('without the permission to sign all else goes on, and that it is missing is told', async () => {
      const giveBack = gate.deny('iam.serviceAccounts.signBlob');
      const { code, report, written } = await healthcheck(env);
      expect([code, report]).toMatchObject([
        1,
        {
          error: {
            faults: [{ operation: 'sign', message: expect.stringMatching(/signBlob/) as string }],
          },
        },
      ]);
      expect(written).not.toMatch(/ya29\.|X-Goog-Signature/);
      giveBack();
    });
  });
});

describe('AKS', () => {
  let server: Azurite;
  let entra: Entra;
  let env: Record<string, string>;

  beforeAll(async () => {
    const certificate = createSelfSignedCertificate();
    ({ server } = await AzureTestContainer.start(certificate));
    entra = await startEntra(certificate);
    const { endpoint, storageAccount: storage } = server;
    const accounts = join(await tempFolder('aks'), 'accounts.yaml');
    const resource = { resourceType: 'AzureContainer', id: 'c', storage, container: containerName };
    await writeFile(accounts, stringify(resource));
    env = {
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'azure',
      BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER: 'c',
      BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: endpoint,
      ACCOUNTS_FILE: accounts,
      ...entra.env,
    };
  });
  afterAll(async () => {
    await entra.stop();
    await server.stop();
  });

  test('the token of the pod becomes one of Azure, which gets the key that signs URLs', async () => {
    const { code, report } = await healthcheck(env);
    const storage = { type: 'azure', container: containerName, storage: server.storageAccount };
    expect(report).toEqual({ result: { message: 'ok', storage } });
    expect(code).toBe(0);
    expect(entra.requests.length).toBeGreaterThan(0);
  });

  test('a pod that is not federated is told so, without its token', async () => {
    entra.forget();
    const { code, written } = await healthcheck(env);
    expect(code).toBe(1);
    expect(written).toContain('the workload identity gets no token');
    expect(written).not.toContain('token-of-the-pod');
  });
});
