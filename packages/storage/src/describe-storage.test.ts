import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStorage, warnOfOldStorageNames } from './describe-storage.ts';
import { StorageSettingsError } from './settings/storage-settings-error.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-accounts-'));
afterAll(() => rmSync(folder, { recursive: true }));

const privateKey = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

const aws = {
  resourceType: 'AwsAccount',
  id: 'aws-account',
  region: 'us-east-1',
  'access-key-id': '00012345',
  'secret-access-key': 'aws-secret',
};
const gcp = {
  resourceType: 'GcpServiceAccount',
  id: 'gcp-service-account',
  'service-account-email': 'export@project.iam.gserviceaccount.com',
  'private-key': privateKey,
};
const azureAccount = { resourceType: 'AzureAccount', id: 'azure-account', key: 'YXp1cmUtc2VjcmV0' };
const azureWithKey = {
  resourceType: 'AzureContainer',
  id: 'with-key',
  storage: 'mystorage',
  container: 'exports',
  account: { resourceType: 'AzureAccount', id: 'azure-account' },
};
const azureByIdentity = {
  resourceType: 'AzureContainer',
  id: 'by-identity',
  storage: 'mystorage',
  container: 'exports',
};
const resources = [aws, gcp, azureAccount, azureWithKey, azureByIdentity];

let files = 0;
function write(text: string, name = `accounts-${(files += 1)}`): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

/** As in the vendor documents, with a block of text for the key. */
const yaml = `
resourceType: AwsAccount
id: aws-account
region: us-east-1
access-key-id: 00012345
secret-access-key: aws-secret
---
private-key: |
${privateKey.trimEnd().replaceAll(/^/gm, '  ')}
service-account-email: export@project.iam.gserviceaccount.com
id: gcp-service-account
resourceType: GcpServiceAccount
---
resourceType: AzureAccount
id: azure-account # your storage account id
key: YXp1cmUtc2VjcmV0
---
resourceType: AzureContainer
id: with-key
storage: mystorage
container: exports
account:
  resourceType: AzureAccount
  id: azure-account
---
resourceType: AzureContainer
id: by-identity
storage: mystorage
container: exports
`;

/** A secret as Kubernetes mounts it: links to a folder that it replaces as a whole. */
function mountedSecret(): string {
  const mounted = join(folder, 'mounted');
  mkdirSync(join(mounted, '..2026_01_31'), { recursive: true });
  symlinkSync('..2026_01_31', join(mounted, '..data'));
  for (const resource of resources) {
    const name = `${resource.id}.json`;
    writeFileSync(join(mounted, '..2026_01_31', name), JSON.stringify(resource));
    symlinkSync(join('..data', name), join(mounted, name));
  }
  return mounted;
}

const sources = {
  'a YAML file of documents': write(yaml),
  'a JSON file with a list': write(JSON.stringify(resources)),
  'a mounted secret': mountedSecret(),
};

const names = {
  new: {
    provider: 'BOX_FHIR_BULK_STORAGE_PROVIDER',
    awsAccount: 'BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT',
    awsBucket: 'BOX_FHIR_BULK_STORAGE_AWS_BUCKET',
    gcpAccount: 'BOX_FHIR_BULK_STORAGE_GCP_SERVICE_ACCOUNT',
    gcpBucket: 'BOX_FHIR_BULK_STORAGE_GCP_BUCKET',
    azureContainer: 'BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER',
  },
  old: {
    provider: 'box_bulk__storage_backend',
    awsAccount: 'box_bulk__storage_aws_account',
    awsBucket: 'box_bulk__storage_aws_bucket',
    gcpAccount: 'box_bulk__storage_gcp_service__account',
    gcpBucket: 'box_bulk__storage_gcp_bucket',
    azureContainer: 'box_bulk__storage_azure_container',
  },
} as const;
type Names = (typeof names)['new'] | (typeof names)['old'];

const plain = { prefix: '', tags: {} };
const described = {
  aws: {
    provider: 'aws',
    bucket: 'my-bucket',
    region: 'us-east-1',
    pathStyle: false,
    ...plain,
    account: { id: 'aws-account', resourceType: 'AwsAccount' },
    credentials: { accessKeyId: '00012345', secretAccessKey: 'aws-secret' },
  },
  gcp: {
    provider: 'gcp',
    bucket: 'my-bucket',
    ...plain,
    account: { id: 'gcp-service-account', resourceType: 'GcpServiceAccount' },
    serviceAccount: { email: 'export@project.iam.gserviceaccount.com', privateKey },
  },
  azure: {
    provider: 'azure',
    container: 'exports',
    storageAccount: 'mystorage',
    ...plain,
    account: { id: 'azure-account', resourceType: 'AzureAccount' },
    accountKey: 'YXp1cmUtc2VjcmV0',
  },
};

function environment(name: Names, provider: keyof typeof described): Record<string, string> {
  const settings = {
    aws: { [name.awsAccount]: 'aws-account', [name.awsBucket]: 'my-bucket' },
    gcp: { [name.gcpAccount]: 'gcp-service-account', [name.gcpBucket]: 'my-bucket' },
    azure: { [name.azureContainer]: 'with-key' },
  };
  return { [name.provider]: provider, ...settings[provider] };
}

const generations = Object.entries(names);
const providers = ['aws', 'gcp', 'azure'] as const;

describe.each(generations)('by the %s names', (_, name) => {
  describe.each(Object.entries(sources))('with accounts in %s', (__, path) => {
    test.each(providers)('%s is described with its keys', (provider) => {
      const env = { ...environment(name, provider), ACCOUNTS_FILE: path };
      expect(describeStorage(env)).toEqual(described[provider]);
    });
  });

  test('an AzureContainer without account means workload identity', () => {
    const env = {
      [name.provider]: 'azure',
      [name.azureContainer]: 'by-identity',
      ACCOUNTS_FILE: sources['a mounted secret'],
    };
    const byIdentity = { provider: 'azure', container: 'exports', storageAccount: 'mystorage' };
    expect(describeStorage(env)).toEqual({ ...byIdentity, ...plain });
  });
});

test.each([
  ['aws', { BOX_FHIR_BULK_STORAGE_AWS_BUCKET: 'b' }, { bucket: 'b', pathStyle: false }],
  ['gcp', { BOX_FHIR_BULK_STORAGE_GCP_BUCKET: 'b' }, { bucket: 'b' }],
])('%s without an account means workload identity', (provider, env, description) => {
  expect(describeStorage({ BOX_FHIR_BULK_STORAGE_PROVIDER: provider, ...env })).toEqual({
    provider,
    ...plain,
    ...description,
  });
});

test.each([
  [{ FILE_STORAGE_DIR: '/srv/files' }],
  [{ FILE_STORAGE_DIR: ' /srv/files ', BOX_FHIR_BULK_STORAGE_PROVIDER: 'file' }],
  [{ FILE_STORAGE_DIR: '/srv/files', box_bulk__storage_backend: 'file' }],
])('%j is a folder', (env) => {
  expect(describeStorage(env)).toEqual({ provider: 'file', root: '/srv/files' });
});

test('what is set besides goes into the description', () => {
  const env = {
    BOX_FHIR_BULK_STORAGE_PROVIDER: 'aws',
    BOX_FHIR_BULK_STORAGE_AWS_BUCKET: 'b',
    BOX_FHIR_BULK_STORAGE_AWS_REGION: 'eu-west-1',
    BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: 'https://s3.example.org/',
    BOX_FHIR_BULK_STORAGE_PREFIX: 'sluice/prod',
    BOX_FHIR_BULK_STORAGE_CLASS: 'STANDARD_IA',
    BOX_FHIR_BULK_STORAGE_TAGS: 'team=data, cost-centre=a=b',
    BOX_FHIR_BULK_STORAGE_ENCRYPTION_KEY: 'arn:aws:kms:eu-west-1:1:key/2',
  };
  expect(describeStorage(env)).toEqual({
    provider: 'aws',
    bucket: 'b',
    region: 'eu-west-1',
    endpoint: 'https://s3.example.org',
    pathStyle: true,
    prefix: 'sluice/prod/',
    storageClass: 'STANDARD_IA',
    tags: { team: 'data', 'cost-centre': 'a=b' },
    encryptionKey: 'arn:aws:kms:eu-west-1:1:key/2',
  });
  const hostStyle = { ...env, BOX_FHIR_BULK_STORAGE_AWS_PATH_STYLE: 'false' };
  expect(describeStorage(hostStyle)).toMatchObject({ pathStyle: false });
});

test('Google’s servers can be others', () => {
  const env = {
    BOX_FHIR_BULK_STORAGE_PROVIDER: 'gcp',
    BOX_FHIR_BULK_STORAGE_GCP_BUCKET: 'b',
    BOX_FHIR_BULK_STORAGE_GCP_ENDPOINT: 'https://storage.example.org/',
    BOX_FHIR_BULK_STORAGE_GCP_IAM_ENDPOINT: 'https://iam.example.org/',
  };
  expect(describeStorage(env)).toEqual({
    provider: 'gcp',
    bucket: 'b',
    ...plain,
    endpoint: 'https://storage.example.org',
    signingEndpoint: 'https://iam.example.org',
  });
});

test('a private key whose line ends are written out is one all the same', () => {
  const escaped = { ...gcp, 'private-key': privateKey.replaceAll('\n', '\\n') };
  const env = {
    ...environment(names.new, 'gcp'),
    ACCOUNTS_FILE: write(JSON.stringify(escaped)),
  };
  expect(describeStorage(env)).toEqual(described.gcp);
});

function faultsOf(env: Record<string, string>): readonly string[] {
  try {
    describeStorage(env);
    return [];
  } catch (error) {
    if (!(error instanceof StorageSettingsError)) throw error;
    return error.faults;
  }
}

const accounts = { ACCOUNTS_FILE: sources['a JSON file with a list'] };
const choose = 'set BOX_FHIR_BULK_STORAGE_PROVIDER to file, aws, gcp or azure';
const { new: newly, old: oldly } = names;

const faulty: readonly (readonly [Record<string, string>, readonly string[]])[] = [
  [{}, [`Storage-type not specified: ${choose}`]],
  [{ [newly.provider]: '  ' }, [`Storage-type not specified: ${choose}`]],
  [{ [newly.provider]: 's3' }, [`unsupported storage-type: ${choose}`]],
  [{ [oldly.provider]: 'minio' }, [`unsupported storage-type: ${choose}`]],
  [{ [newly.provider]: 'file' }, ['Folder is not specified: set FILE_STORAGE_DIR']],
  [
    { [oldly.provider]: 'aws', [oldly.awsBucket]: 'b' },
    ['bulk-storage account not specified: set BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT'],
  ],
  [
    { [oldly.provider]: 'gcp', [oldly.gcpBucket]: 'b' },
    ['bulk-storage account not specified: set BOX_FHIR_BULK_STORAGE_GCP_SERVICE_ACCOUNT'],
  ],
  [
    { [newly.provider]: 'aws', [newly.awsAccount]: 'x', [newly.awsBucket]: 'b' },
    ['Account not found: set ACCOUNTS_FILE to a file with the AwsAccount "x"'],
  ],
  [
    { [newly.provider]: 'aws', [newly.awsAccount]: 'x', [newly.awsBucket]: 'b', ...accounts },
    ['Account not found: put the AwsAccount "x" into ACCOUNTS_FILE'],
  ],
  [
    // An id of another type is not it.
    { [newly.provider]: 'gcp', [newly.gcpAccount]: 'aws-account', ...accounts },
    [
      'Account not found: put the GcpServiceAccount "aws-account" into ACCOUNTS_FILE',
      'Bucket is not specified: set BOX_FHIR_BULK_STORAGE_GCP_BUCKET',
    ],
  ],
  [
    { [newly.provider]: 'aws', [newly.awsAccount]: 'aws-account', ...accounts },
    ['Bucket is not specified: set BOX_FHIR_BULK_STORAGE_AWS_BUCKET'],
  ],
  [
    { [newly.provider]: 'azure' },
    ['container not specified: set BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER'],
  ],
  [
    { [newly.provider]: 'azure', [newly.azureContainer]: 'x', ...accounts },
    ['Container not found: put the AzureContainer "x" into ACCOUNTS_FILE'],
  ],
  [
    {
      [newly.provider]: 'azure',
      [newly.azureContainer]: 'with-key',
      ACCOUNTS_FILE: write(JSON.stringify(azureWithKey)),
    },
    ['Account not found: put the AzureAccount "azure-account" into ACCOUNTS_FILE'],
  ],
  [
    {
      [newly.provider]: 'azure',
      [newly.azureContainer]: 'by-identity',
      BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT: 'http://127.0.0.1:10000/a',
      ...accounts,
    },
    [
      'BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT is not usable: an https URL, since the container names no account',
    ],
  ],
  [
    { [newly.provider]: 'gcp', [oldly.provider]: 'aws', [newly.gcpBucket]: 'b' },
    [
      'BOX_FHIR_BULK_STORAGE_PROVIDER and box_bulk__storage_backend have different values: set BOX_FHIR_BULK_STORAGE_PROVIDER alone',
    ],
  ],
  [
    { [newly.provider]: 'gcp', [newly.gcpBucket]: 'b', STORAGE_EMULATOR_HOST: 'localhost:9000' },
    [
      'STORAGE_EMULATOR_HOST is set: unset it, or name the server in BOX_FHIR_BULK_STORAGE_GCP_ENDPOINT',
    ],
  ],
  [
    {
      [newly.provider]: 'gcp',
      [newly.gcpBucket]: 'b',
      BOX_FHIR_BULK_STORAGE_GCP_IAM_ENDPOINT: 'https://user@iam.example.org',
    },
    [
      'BOX_FHIR_BULK_STORAGE_GCP_IAM_ENDPOINT is not usable: an http or https URL without user, ? and #',
    ],
  ],
  [
    {
      [newly.provider]: 'aws',
      [newly.awsBucket]: 'b',
      BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT: 's3.example.org',
      BOX_FHIR_BULK_STORAGE_AWS_PATH_STYLE: 'yes',
      BOX_FHIR_BULK_STORAGE_PREFIX: '/a//b',
    },
    [
      'BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT is not usable: an http or https URL without user, ? and #',
      'BOX_FHIR_BULK_STORAGE_AWS_PATH_STYLE is not usable: true or false',
      'BOX_FHIR_BULK_STORAGE_PREFIX is not usable: names of letters, digits, ".", "_" and "-", with a slash between them',
    ],
  ],
];

test.each(faulty.map(([env, faults], n) => ({ case: n + 1, env, faults })))(
  '$case: $faults',
  ({ env, faults }) => {
    expect(faultsOf(env)).toEqual(faults);
  },
);

test.each(['a', 'A=b', 'a=b,,sluice-attempt=7', 'a=ü', 'a=b,'.repeat(11)])(
  'tags %j are refused',
  (tags) => {
    const env = {
      [newly.provider]: 'aws',
      [newly.awsBucket]: 'b',
      BOX_FHIR_BULK_STORAGE_TAGS: tags,
    };
    expect(faultsOf(env)).toEqual([
      expect.stringContaining('BOX_FHIR_BULK_STORAGE_TAGS is not usable'),
    ]);
  },
);

describe('an ACCOUNTS_FILE', () => {
  const env = { ...environment(names.new, 'aws') };
  const secret = 'hunter2-hunter2';
  const faultsWith = (path: string) => faultsOf({ ...env, ACCOUNTS_FILE: path });

  test('that is nested deeply is not parsed', () => {
    const path = write('? '.repeat(30_000), 'deep.yaml');
    expect(faultsWith(path)).toContain('ACCOUNTS_FILE: deep.yaml: is nested too deeply');
  });

  test('that is not there is a fault', () => {
    expect(faultsWith(join(folder, 'none'))).toContain(
      'ACCOUNTS_FILE: none: cannot be read (ENOENT)',
    );
  });

  test('that is an empty folder is a fault', () => {
    mkdirSync(join(folder, 'empty'));
    expect(faultsWith(join(folder, 'empty'))).toContain(
      'ACCOUNTS_FILE: empty: the folder has no files',
    );
  });

  test.each([
    [`secret-access-key: ${secret}\n "x: [`, 'bad.yaml: line 2 is neither YAML nor JSON'],
    [`{"secret-access-key": "${secret}"`, 'bad.yaml: line 1 is neither YAML nor JSON'],
    [secret, 'bad.yaml: resourceType has to be AwsAccount, GcpServiceAccount'],
    [`resourceType: Patient\nkey: ${secret}`, 'Patient: resourceType has to be AwsAccount'],
    [
      `resourceType: AwsAccount\nid: a\nsecret-access-key: ${secret}`,
      "AwsAccount a: must have required property 'access-key-id'",
    ],
    [
      `resourceType: GcpServiceAccount\nid: a\nservice-account-email: a@b\nprivate-key: ${secret}`,
      'GcpServiceAccount a: private-key is not what it should be',
    ],
    [
      `resourceType: AzureAccount\nid: a\nkey: ${secret}!`,
      'AzureAccount a: key is not what it should be',
    ],
    [
      `resourceType: AzureContainer\nid: a\nstorage: s\ncontainer: c\naccount: {resourceType: AwsAccount}`,
      "AzureContainer a: account must have required property 'id', account.resourceType must be",
    ],
  ])('with %j is refused without a word of its secrets', (text, fault) => {
    const faults = faultsWith(write(text, 'bad.yaml')).join('\n');
    expect(faults).toContain(fault);
    expect(faults).not.toContain(secret);
  });

  test('that has one id twice is refused', () => {
    const twice = [aws, { ...aws, region: 'us-west-2' }];
    expect(faultsWith(write(JSON.stringify(twice), 'twice.json'))).toEqual([
      'ACCOUNTS_FILE: twice.json: AwsAccount aws-account is there 2 times',
    ]);
  });

  test('is not read when nothing in it is named', () => {
    const file = { FILE_STORAGE_DIR: '/srv', ACCOUNTS_FILE: join(folder, 'none') };
    expect(describeStorage(file)).toEqual({ provider: 'file', root: '/srv' });
  });
});

test('old names are warned of, by both names', () => {
  expect(warnOfOldStorageNames(environment(names.old, 'aws'))).toEqual([
    'box_bulk__storage_backend is an old name; use BOX_FHIR_BULK_STORAGE_PROVIDER',
    'box_bulk__storage_aws_account is an old name; use BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT',
    'box_bulk__storage_aws_bucket is an old name; use BOX_FHIR_BULK_STORAGE_AWS_BUCKET',
  ]);
  expect(warnOfOldStorageNames(environment(names.new, 'aws'))).toEqual([]);
});

test('both names with one value are one setting', () => {
  const env = { ...environment(names.old, 'aws'), ...environment(names.new, 'aws'), ...accounts };
  expect(describeStorage(env)).toEqual(described.aws);
});
