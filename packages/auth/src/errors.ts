/** Error codes of the token endpoint (RFC 6749, 5.2) and of bearer tokens (RFC 6750, 3.1). */
export type AuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_scope'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_token';

const statuses: Readonly<Record<AuthErrorCode, number>> = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_scope: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  invalid_token: 401,
};

/**
 * A refused token, assertion or request for one. `code` is what the protocol has for it, `message` says what was
 * wrong, without anything of what was sent that could be a secret.
 */
export class AuthError extends Error {
  readonly code: AuthErrorCode;
  readonly status: number;

  constructor(code: AuthErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'AuthError';
    this.code = code;
    this.status = statuses[code];
  }
}
