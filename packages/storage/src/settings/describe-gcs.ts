import { plainPem, type GcpServiceAccount } from '../accounts/account-resources.ts';
import type { GcsDescription } from '../storage-description.ts';
import { describeBucket } from './describe-bucket.ts';
import type { Describing } from './describing.ts';
import { accountMissing, accountNotFound, bucketMissing } from './texts.ts';

/** Describes a bucket of Google Cloud Storage. Without an account: application default credentials. */
export function describeGcs(
  from: Describing,
  { needsAccount }: { needsAccount: boolean },
): GcsDescription {
  const account = describeAccount(from, needsAccount);
  const bucket = from.needed('BOX_FHIR_BULK_STORAGE_GCP_BUCKET', bucketMissing);
  const endpoint = from.endpoint('BOX_FHIR_BULK_STORAGE_GCP_ENDPOINT');
  const signingEndpoint = from.endpoint('BOX_FHIR_BULK_STORAGE_GCP_IAM_ENDPOINT');
  return {
    provider: 'gcp',
    bucket,
    ...describeBucket(from),
    ...(endpoint && { endpoint }),
    ...(signingEndpoint && { signingEndpoint }),
    ...(account && {
      account: { id: account.id, resourceType: account.resourceType },
      serviceAccount: {
        email: account['service-account-email'],
        privateKey: plainPem(account['private-key']),
        ...(account['token-uri'] && { tokenUri: account['token-uri'] }),
      },
    }),
  };
}

function describeAccount(from: Describing, needed: boolean): GcpServiceAccount | undefined {
  const name = 'BOX_FHIR_BULK_STORAGE_GCP_SERVICE_ACCOUNT';
  const id = needed ? from.needed(name, accountMissing) : from.text(name);
  return id ? from.account({ resourceType: 'GcpServiceAccount', id }, accountNotFound) : undefined;
}
