import type { AwsAccount } from '../accounts/account-resources.ts';
import type { S3Description } from '../storage-description.ts';
import { describeBucket } from './describe-bucket.ts';
import type { Describing } from './describing.ts';
import { accountMissing, accountNotFound, bucketMissing } from './texts.ts';

/** Describes an S3 bucket. Without an account the SDK finds an identity by its default chain. */
export function describeS3(
  from: Describing,
  { needsAccount }: { needsAccount: boolean },
): S3Description {
  const account = describeAccount(from, needsAccount);
  const bucket = from.needed('BOX_FHIR_BULK_STORAGE_AWS_BUCKET', bucketMissing);
  const endpoint = from.endpoint('BOX_FHIR_BULK_STORAGE_AWS_ENDPOINT');
  const region = from.text('BOX_FHIR_BULK_STORAGE_AWS_REGION') ?? account?.region;
  const pathStyle = from.flag('BOX_FHIR_BULK_STORAGE_AWS_PATH_STYLE') ?? endpoint !== undefined;
  return {
    provider: 'aws',
    bucket,
    pathStyle,
    ...describeBucket(from),
    ...(endpoint && { endpoint }),
    ...(region && { region }),
    ...(account && {
      account: { id: account.id, resourceType: account.resourceType },
      credentials: {
        accessKeyId: account['access-key-id'],
        secretAccessKey: account['secret-access-key'],
      },
    }),
  };
}

function describeAccount(from: Describing, needed: boolean): AwsAccount | undefined {
  const name = 'BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT';
  const id = needed ? from.needed(name, accountMissing) : from.text(name);
  return id ? from.account({ resourceType: 'AwsAccount', id }, accountNotFound) : undefined;
}
