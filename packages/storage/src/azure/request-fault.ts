import { StallError } from './request-tries.ts';

/** What is looked at of RestError and of the errors of @azure/identity. */
interface SdkError extends Error {
  readonly code?: unknown;
  readonly statusCode?: number;
  readonly details?: { readonly errorCode?: string };
  readonly response?: { readonly headers?: { get(name: string): string | undefined } };
}

const sdkErrors = new Set([
  'RestError',
  'AuthenticationError',
  'AggregateAuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
]);

/**
 * A failed request as the log may tell of it. The SDK's own errors hold request and answer whole, and
 * their texts what the server made of them: the signature, and what was to be signed.
 */
export class RequestFault extends Error {
  /** Its name at the service, at the identity platform or at the connection; else the status. */
  readonly reason: string;
  readonly status: number | undefined;
  /** By how much the server's clock is ahead of ours. */
  readonly skewMs: number;

  constructor(error: SdkError) {
    const { statusCode: status, response } = error;
    const reason = reasonOf(error);
    const requestId = response?.headers?.get('x-ms-request-id');
    super([reason, status, firstLineOf(error), requestId].filter(Boolean).join(', '));
    this.name = 'RequestFault';
    this.reason = reason;
    this.status = status;
    this.skewMs = Date.parse(response?.headers?.get('date') ?? '') - Date.now() || 0;
  }
}

/** What there is to say of an error of the SDK or of a connection; `undefined` for any other. */
export function requestFault(error: unknown): RequestFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const isOfConnection = error instanceof StallError || 'syscall' in error || isCut(error);
  return isOfConnection || sdkErrors.has(error.name) ? new RequestFault(error) : undefined;
}

function isCut({ code }: SdkError): boolean {
  return code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE';
}

function reasonOf(error: SdkError): string {
  const ofIdentity = /AADSTS\d+|^\w+_error(?=:)/.exec(error.message)?.[0];
  const ofService = error.details?.errorCode ?? error.code;
  if (ofIdentity !== undefined) return ofIdentity;
  return typeof ofService === 'string' ? ofService : String(error.statusCode ?? error.name);
}

/** Of a text that may be an answer's whole body; a URL in it loses its query. */
function firstLineOf({ message }: Error): string {
  const [line = ''] = message.split('\n', 1);
  return line.slice(0, 200).replace(/\?\S*/g, '?…');
}
