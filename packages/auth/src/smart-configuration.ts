/** What the discovery document says of a deployment. */
export interface SmartConfigurationOptions {
  readonly tokenEndpoint: string;
  /** Where the keys of its tokens are; absent with issuers elsewhere. */
  readonly jwksUri?: string;
  /** Adds keys that some test suites ask for: an authorization endpoint, which then refuses (SPEC G-013). */
  readonly authorizationEndpoint?: string;
}

/** Some of the scopes that can be granted; there are as many as there are types and searches. */
const scopesSupported = [
  'system/*.read',
  'system/*.rs',
  ...['Patient', 'Group', 'Observation', 'Condition', 'Encounter'].flatMap((type) => [
    `system/${type}.read`,
    `system/${type}.rs`,
  ]),
];

/** Builds `.well-known/smart-configuration`. SPEC G.2 */
export function smartConfiguration(options: SmartConfigurationOptions): object {
  const { tokenEndpoint, jwksUri, authorizationEndpoint } = options;
  return {
    token_endpoint: tokenEndpoint,
    token_endpoint_auth_methods_supported: ['private_key_jwt'],
    token_endpoint_auth_signing_alg_values_supported: ['RS384', 'ES384'],
    grant_types_supported: [
      'client_credentials',
      ...(authorizationEndpoint === undefined ? [] : ['authorization_code']),
    ],
    ...(authorizationEndpoint === undefined
      ? {}
      : { authorization_endpoint: authorizationEndpoint }),
    ...(jwksUri === undefined ? {} : { jwks_uri: jwksUri }),
    scopes_supported: scopesSupported,
    code_challenge_methods_supported: ['S256'],
    capabilities: ['client-confidential-asymmetric', 'permission-v1', 'permission-v2'],
  };
}
