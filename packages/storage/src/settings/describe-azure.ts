import type { AzureDescription } from '../storage-description.ts';
import { describeBucket } from './describe-bucket.ts';
import type { Describing } from './describing.ts';
import { accountNotFound, containerMissing, containerNotFound } from './texts.ts';

/**
 * Describes a container of Azure Blob Storage: always by an AzureContainer, whose `account` decides
 * between an account key and workload identity. SPEC I-048
 */
export function describeAzure(from: Describing): AzureDescription {
  const id = from.needed('BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER', containerMissing);
  const found =
    id === '' ? undefined : from.account({ resourceType: 'AzureContainer', id }, containerNotFound);
  const account =
    found?.account &&
    from.account({ resourceType: 'AzureAccount', id: found.account.id }, accountNotFound);
  from.matching('BOX_FHIR_BULK_STORAGE_CLASS', /^(Hot|Cool|Cold)$/, 'Hot, Cool or Cold');
  const endpoint = describeEndpoint(from, { byIdentity: found !== undefined && !found.account });
  return {
    provider: 'azure',
    container: found?.container ?? '',
    storageAccount: found?.storage ?? '',
    ...describeBucket(from),
    ...(endpoint && { endpoint }),
    ...(account && {
      account: { id: account.id, resourceType: account.resourceType },
      accountKey: account.key,
    }),
  };
}

/** A token must not go over a connection that anyone can read. */
function describeEndpoint(
  from: Describing,
  { byIdentity }: { readonly byIdentity: boolean },
): string | undefined {
  const name = 'BOX_FHIR_BULK_STORAGE_AZURE_ENDPOINT';
  const endpoint = from.endpoint(name);
  if (byIdentity && endpoint?.startsWith('http:')) {
    from.refuse(`${name} is not usable`, 'an https URL, since the container names no account');
  }
  return endpoint;
}
