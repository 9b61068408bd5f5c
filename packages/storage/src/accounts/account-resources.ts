import { createPrivateKey } from 'node:crypto';
import { Ajv, type ValidateFunction } from 'ajv';

/** Keys of Amazon S3, or of a store that speaks its protocol. SPEC I-036 */
export interface AwsAccount {
  readonly resourceType: 'AwsAccount';
  readonly id: string;
  readonly region?: string;
  readonly 'access-key-id': string;
  readonly 'secret-access-key': string;
}

/** A service account of Google Cloud with its private key. SPEC I-035 */
export interface GcpServiceAccount {
  readonly resourceType: 'GcpServiceAccount';
  readonly id: string;
  readonly 'service-account-email': string;
  /** PEM. */
  readonly 'private-key': string;
  /** Where the key is exchanged for tokens; absent: at Google. */
  readonly 'token-uri'?: string;
}

/** The key of an Azure storage account. SPEC I-037 */
export interface AzureAccount {
  readonly resourceType: 'AzureAccount';
  readonly id: string;
  /** Base64. */
  readonly key: string;
}

/** A container of Azure Blob Storage; without `account` it is reached by workload identity. SPEC I-048 */
export interface AzureContainer {
  readonly resourceType: 'AzureContainer';
  readonly id: string;
  /** Name of the storage account. */
  readonly storage: string;
  readonly container: string;
  readonly account?: { readonly id: string };
}

/** A PEM text whose line ends were written as \\n, as in the key files of Google, has real ones again. */
export function plainPem(pem: string): string {
  return pem.includes('\n') ? pem : pem.replaceAll('\\n', '\n');
}

/** What can stand in ACCOUNTS_FILE. */
export type AccountResource = AwsAccount | GcpServiceAccount | AzureAccount | AzureContainer;

/** The word in `resourceType`. */
export type AccountType = AccountResource['resourceType'];

/** Names one of these resources. */
export interface AccountReference {
  readonly id: string;
  readonly resourceType: AccountType;
}

const text = { type: 'string', minLength: 1 };
const resource = (required: readonly string[], properties: Record<string, object>): object => ({
  type: 'object',
  required: ['id', ...required],
  properties: { id: text, ...properties },
});

const schemas: Readonly<Record<AccountType, object>> = {
  AwsAccount: resource(['access-key-id', 'secret-access-key'], {
    region: text,
    'access-key-id': text,
    'secret-access-key': text,
  }),
  GcpServiceAccount: resource(['service-account-email', 'private-key'], {
    'service-account-email': { type: 'string', pattern: '^[^@\\s]+@[^@\\s]+$' },
    'private-key': { type: 'string', format: 'private-key' },
    'token-uri': { type: 'string', pattern: '^https?://' },
  }),
  AzureAccount: resource(['key'], { key: { type: 'string', pattern: '^[A-Za-z0-9+/]+={0,2}$' } }),
  AzureContainer: resource(['storage', 'container'], {
    storage: text,
    container: text,
    account: {
      type: 'object',
      required: ['id'],
      properties: { id: text, resourceType: { const: 'AzureAccount' } },
    },
  }),
};

const ajv = new Ajv({ allErrors: true, formats: { 'private-key': isPrivateKey } });
const validators = new Map<unknown, ValidateFunction<AccountResource>>(
  Object.entries(schemas).map(([type, schema]) => [type, ajv.compile<AccountResource>(schema)]),
);

/**
 * Checks one document of ACCOUNTS_FILE.
 *
 * @returns the resource, or what is wrong with it: names of properties, never their values
 */
export function checkAccountResource(document: unknown): AccountResource | readonly string[] {
  const validate = validators.get((document as { resourceType?: unknown } | null)?.resourceType);
  if (validate === undefined) {
    return [`resourceType has to be ${[...validators.keys()].join(', ')}`];
  }
  if (validate(document)) return document;
  return (validate.errors ?? []).map(({ instancePath, keyword, message }) => {
    const property = instancePath.slice(1).replaceAll('/', '.');
    if (keyword === 'pattern' || keyword === 'format')
      return `${property} is not what it should be`;
    return `${property} ${message ?? keyword}`.trim();
  });
}

function isPrivateKey(pem: string): boolean {
  try {
    createPrivateKey(plainPem(pem));
    return true;
  } catch {
    return false;
  }
}
