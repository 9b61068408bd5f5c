import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../packages/embedded/dist/index.js';

const root = resolve(import.meta.dirname, '..');
const require = createRequire(join(root, 'packages/storage/package.json'));
const bucket = 'bench';
const key = 'sluicebench';
const secret = Buffer.from('the secret of the benchmark').toString('base64');

/** Servers that stand for object stores; `start` gives undefined where its server is not installed. */
export const objectStores = [
  { name: 'S3 (versitygw)', start: startVersityGw },
  { name: 'Azure (azurite)', start: startAzurite },
];

/** How to install what is missing. */
export const howToInstall = 'its server is not installed: test/servers/install.sh';

/** A started server: settings of API and worker, description of the store in it, and its end. */
async function startVersityGw(under) {
  const program = join(root, '.servers/versitygw');
  if (!existsSync(program)) return undefined;
  const { url, folder, stop } = await startServer(under, async (port, folder) => {
    for (const name of ['iam', 'data']) await mkdir(join(folder, name));
    const at = ['--port', `127.0.0.1:${port}`, '--iam-dir', join(folder, 'iam'), '--quiet'];
    const env = { ROOT_ACCESS_KEY: key, ROOT_SECRET_KEY: secret };
    return { program, args: [...at, 'posix', join(folder, 'data')], env };
  });
  const { S3Client, CreateBucketCommand } = require('@aws-sdk/client-s3');
  const credentials = { accessKeyId: key, secretAccessKey: secret };
  const place = { endpoint: url, region: 'us-east-1', credentials };
  const owner = new S3Client({ ...place, forcePathStyle: true });
  await owner.send(new CreateBucketCommand({ Bucket: bucket }));
  const account = {
    resourceType: 'AwsAccount',
    id: 'bench',
    region: place.region,
    'access-key-id': key,
    'secret-access-key': secret,
  };
  return {
    description: { provider: 'aws', bucket, pathStyle: true, prefix: '', tags: {}, ...place },
    env: {
      ACCOUNTS_FILE: await accountsFile(folder, [account]),
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'aws',
      BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT: 'bench',
      BOX_FHIR_BULK_STORAGE_AWS_BUCKET: bucket,
      BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: url,
    },
    stop,
  };
}

async function startAzurite(under) {
  const program = join(root, 'node_modules/.bin/azurite-blob');
  if (!existsSync(program)) return undefined;
  const { url, folder, stop } = await startServer(under, (port, folder) => ({
    program: process.execPath,
    args: [
      join(root, 'node_modules/azurite/dist/src/blob/main.js'),
      ...['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', folder],
      ...['--silent', '--disableTelemetry'],
    ],
    env: { AZURITE_ACCOUNTS: `${key}:${secret}` },
  }));
  const endpoint = `${url}/${key}`;
  const { BlobServiceClient, StorageSharedKeyCredential } = require('@azure/storage-blob');
  const owner = new BlobServiceClient(endpoint, new StorageSharedKeyCredential(key, secret));
  await owner.createContainer(bucket);
  const container = { resourceType: 'AzureContainer', id: 'bench', storage: key };
  const place = { container: bucket, storageAccount: key, accountKey: secret };
  return {
    description: { provider: 'azure', prefix: '', tags: {}, endpoint, ...place },
    env: {
      ACCOUNTS_FILE: await accountsFile(folder, [
        { resourceType: 'AzureAccount', id: 'bench', key: secret },
        { ...container, container: bucket, account: { id: 'bench' } },
      ]),
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'azure',
      BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER: 'bench',
      BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: endpoint,
    },
    stop,
  };
}

/** Runs a server on a free port, with a folder on the disk of the other measurements. */
async function startServer(under, describe) {
  await mkdir(under, { recursive: true });
  const folder = await mkdtemp(join(resolve(under), 'object-store-'));
  const port = await freePort();
  const { program, args, env } = await describe(port, folder);
  const options = { stdio: 'ignore', env: { ...process.env, ...env } };
  const server = spawn(program, args, options);
  const end = () => server.kill('SIGKILL');
  process.once('exit', end);
  const stop = async () => {
    process.off('exit', end);
    end();
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; !(await fetch(url).catch(() => undefined)); tries += 1) {
    if (tries > 400) throw new Error(`${program} does not answer`);
    await pause(50);
  }
  return { url, folder, stop };
}

async function accountsFile(folder, resources) {
  const path = join(folder, 'accounts.json');
  await writeFile(path, JSON.stringify(resources));
  return path;
}
