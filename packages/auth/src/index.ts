export {
  verifyAccessToken,
  type AccessToken,
  type TokenChecks,
  type TrustedIssuer,
} from './access-token.ts';
export {
  createAuthorizationServer,
  type AuthorizationServer,
  type AuthorizationServerOptions,
  type TokenAttempt,
} from './authorization-server.ts';
export { usualClaims, type ClaimNames } from './claims.ts';
export { discoveredIssuer } from './discovered-issuer.ts';
export { AuthError, type AuthErrorCode } from './errors.ts';
export type { FetchLimits } from './fetch-json.ts';
export { grantScopes } from './grant-scopes.ts';
export { createKeyPair } from './key-pair.ts';
export { selectKey, type Key, type KeySet } from './key-set.ts';
export { ClientError, defaultScopes, readClient, readClients } from './read-client.ts';
export type { RegisteredClient } from './registered-client.ts';
export { RemoteKeys } from './remote-keys.ts';
export {
  everything,
  filtersOf,
  isLimitedToPatients,
  limitRights,
  nothing,
  rightsOf,
  type Limits,
  type Rights,
  type TypeRights,
} from './rights.ts';
export { ScopeRights } from './scope-rights.ts';
export { parseScopes } from './scopes.ts';
export { readPrivateKey, signAssertion } from './sign-assertion.ts';
export { createSigningKey, publicKey } from './signing-key.ts';
export { smartConfiguration } from './smart-configuration.ts';
