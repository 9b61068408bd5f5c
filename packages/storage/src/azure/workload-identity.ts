import type { TokenCredential } from '@azure/identity';

/**
 * The identity that the environment names: a federated token of AKS (AZURE_FEDERATED_TOKEN_FILE,
 * AZURE_CLIENT_ID, AZURE_TENANT_ID, AZURE_AUTHORITY_HOST), else what the SDK's default chain finds. The
 * SDK is loaded with the first token. SPEC I-046
 */
export function workloadIdentity(): TokenCredential {
  let found: Promise<TokenCredential> | undefined;
  return {
    getToken: async (...request) => {
      found ??= findIdentity();
      return await (await found).getToken(...request);
    },
  };
}

/** The chain would hide what is wrong with the token of AKS behind what is wrong with everything else. */
async function findIdentity(): Promise<TokenCredential> {
  const identity = await import('@azure/identity');
  try {
    // The authority is trusted as it is named: it may be one of a cloud without Internet.
    return new identity.WorkloadIdentityCredential({ disableInstanceDiscovery: true });
  } catch (error) {
    if (!(error instanceof identity.CredentialUnavailableError)) throw error;
    return new identity.DefaultAzureCredential();
  }
}
