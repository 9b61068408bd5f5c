import type { Variable } from './variable.ts';

/** Who may call, and over what. */
export const accessVariables = {
  AUTH_MODE: {
    kind: 'choice',
    choices: ['none', 'jwt', 'smart'],
    default: 'none',
    description:
      'Who may call: anyone who can reach the API (none), who has a token of AUTH_ISSUERS (jwt), or registered clients, which get tokens here (smart).',
  },
  ALLOW_OPEN: {
    kind: 'boolean',
    default: 'false',
    description: 'Lets AUTH_MODE=none listen on an address other than loopback.',
  },
  AUTH_ISSUERS: {
    kind: 'string',
    description:
      'With AUTH_MODE=jwt: issuers of tokens, with commas between them. Their keys are found by OpenID Connect discovery, or at a URL that is given behind a space: https://id.example https://id.example/keys.',
  },
  AUTH_AUDIENCE: {
    kind: 'string',
    description:
      'With AUTH_MODE=jwt: what tokens have to be for (aud), with commas between several. Default: the FHIR base.',
  },
  AUTH_LEEWAY: {
    kind: 'duration',
    default: '60s',
    minimum: 0,
    maximum: 600000,
    description: 'By how much clocks may differ when times in tokens and assertions are checked.',
  },
  AUTH_CLAIM_SUBJECT: {
    kind: 'string',
    default: 'sub',
    description:
      'Claim of a token that says whose it is. Here and below: names or paths with dots, with commas between them; the first that is there counts.',
  },
  AUTH_CLAIM_CLIENT: {
    kind: 'string',
    default: 'client_id,azp,appid',
    description: 'Claim with the client that a token was issued to.',
  },
  AUTH_CLAIM_SCOPES: {
    kind: 'string',
    default: 'scope,scp',
    description: 'Claim with the scopes, as text with spaces or as a list.',
  },
  AUTH_CLAIM_GROUPS: {
    kind: 'string',
    description:
      'Claim with the ids of the Groups whose members’ data may be had, and nothing else. Default: no limit.',
  },
  AUTH_CLAIM_PATIENTS: {
    kind: 'string',
    description: 'Claim with the ids of patients whose data may be had. Default: all patients.',
  },
  AUTH_TOKEN_URL: {
    kind: 'url',
    description:
      'With AUTH_MODE=jwt: the token endpoint that the discovery document names. Default: there is no such document.',
  },
  ALLOW_PRIVATE_JWKS: {
    kind: 'boolean',
    default: 'false',
    description: 'Lets key sets be fetched from private networks and by plain http.',
  },
  CLIENTS_FILE: {
    kind: 'string',
    description:
      'With AUTH_MODE=smart: JSON file that describes clients; read again whenever it changes. Default: clients are added by sluice client add.',
  },
  TOKEN_TTL: {
    kind: 'duration',
    default: '300s',
    minimum: 1000,
    maximum: 86400000,
    description: 'With AUTH_MODE=smart: life of an access token.',
  },
  TOKEN_AUDIENCES: {
    kind: 'string',
    description:
      'With AUTH_MODE=smart: further URLs of the token endpoint that an assertion may be for, with commas between them.',
  },
  JTI_REPLAY: {
    kind: 'choice',
    choices: ['strict', 'on-grant', 'off'],
    default: 'strict',
    description:
      'With AUTH_MODE=smart: when a client assertion counts as used: once it is valid, once it led to a token, or never.',
  },
  SIGNING_KEY_LIFE: {
    kind: 'duration',
    default: '30d',
    minimum: 1000,
    description:
      'With AUTH_MODE=smart: how long a key signs tokens before a new one takes its place.',
  },
  SMART_DISCOVERY_COMPAT: {
    kind: 'boolean',
    default: 'false',
    description:
      'Adds an authorization endpoint to the discovery document, which some test suites look for. It refuses.',
  },
  REQUIRE_GROUP_READ: {
    kind: 'choice',
    choices: ['registered', 'true', 'false'],
    default: 'registered',
    description:
      'What an export of a Group needs beside the scopes of its types: that the client is registered for the Group, or limited to it by name, where the token has no scope for Groups (registered); a scope for the Group in the token, such as system/Group.rs (true); nothing (false).',
  },
  OWNER_ISOLATION: {
    kind: 'choice',
    choices: ['subject', 'client'],
    default: 'subject',
    description: 'Whose an export is: the subject’s of the token that started it, or the client’s.',
  },
  TLS_CERT: {
    kind: 'string',
    description:
      'File with the certificate chain (PEM) of the API, which then speaks https, TLS 1.2 or later. Read again when it changes.',
  },
  TLS_KEY: { kind: 'string', description: 'File with the private key (PEM) that belongs to it.' },
  TRUST_PROXY: {
    kind: 'string',
    description:
      'Proxies whose X-Forwarded-For is believed: how many there are in front, or their addresses with commas between them. Default: none.',
  },
  CORS_ORIGINS: {
    kind: 'string',
    description:
      'Origins whose web pages may call the FHIR base (CORS), with commas between them, or * for every origin. Default: none.',
  },
  MAX_CONNECTIONS: {
    kind: 'integer',
    default: '4000',
    minimum: 10,
    maximum: 1000000,
    description: 'Connections that the API holds open at once; one more is closed at once.',
  },
  REQUEST_TIMEOUT: {
    kind: 'duration',
    default: '60s',
    minimum: 1000,
    maximum: 3600000,
    description:
      'How long a request may take to arrive, its body included, and at most 10s its headers; after that it is answered 408.',
  },
  DOWNLOAD_STALL_TIMEOUT: {
    kind: 'duration',
    default: '60s',
    minimum: 1000,
    maximum: 3600000,
    description:
      'How long a client may take nothing of an answer; after that its connection is closed.',
  },
} as const satisfies Record<string, Variable>;
