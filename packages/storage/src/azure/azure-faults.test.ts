import { RestError } from '@azure/storage-blob';
import { errorFacts } from '@sluice/runtime';
import type { StorageError } from '../errors.ts';
import { azureFault, retryReason } from './azure-faults.ts';
import { StallError } from './request-tries.ts';

const fault = (error: unknown) =>
  azureFault('Azure container "exports"', 'PutBlock', error) as StorageError;

function ofService(statusCode: number, errorCode?: string): RestError {
  return Object.assign(new RestError('Refused.\nRequestId:1', { statusCode }), {
    details: { errorCode },
  });
}

function ofConnection(code: string): RestError {
  return new RestError(`something about ${code}`, { code });
}

function ofIdentity(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

test.each([
  ['AuthenticationFailed', ofService(403, 'AuthenticationFailed'), 'denied'],
  [
    'KeyBasedAuthenticationNotPermitted',
    ofService(403, 'KeyBasedAuthenticationNotPermitted'),
    'denied',
  ],
  ['a 403 without a name', ofService(403), 'denied'],
  ['ContainerNotFound', ofService(404, 'ContainerNotFound'), 'misconfigured'],
  ['BlobNotFound', ofService(404, 'BlobNotFound'), 'not-found'],
  ['Md5Mismatch', ofService(400, 'Md5Mismatch'), 'corrupt'],
  ['BlockCountExceedsLimit', ofService(409, 'BlockCountExceedsLimit'), 'full'],
  ['BlobImmutableDueToPolicy', ofService(409, 'BlobImmutableDueToPolicy'), 'denied'],
  ['ConditionNotMet', ofService(412, 'ConditionNotMet'), 'fenced'],
  ['InvalidHeaderValue', ofService(400, 'InvalidHeaderValue'), 'misconfigured'],
  ['429', ofService(429), 'unavailable'],
  ['ServerBusy', ofService(503, 'ServerBusy'), 'unavailable'],
  ['ECONNREFUSED', ofConnection('ECONNREFUSED'), 'unavailable'],
  ['EAI_AGAIN', ofConnection('EAI_AGAIN'), 'unavailable'],
  ['ENOTFOUND', ofConnection('ENOTFOUND'), 'misconfigured'],
  ['CERT_HAS_EXPIRED', ofConnection('CERT_HAS_EXPIRED'), 'misconfigured'],
  [
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    ofConnection('UNABLE_TO_VERIFY_LEAF_SIGNATURE'),
    'misconfigured',
  ],
  ['a dead connection', new StallError(30_000), 'unavailable'],
  [
    'a token that is not known',
    ofIdentity('AuthenticationRequiredError', 'invalid_client: … AADSTS700213: No matching record'),
    'misconfigured',
  ],
  [
    'no identity at all',
    ofIdentity('AggregateAuthenticationError', 'ChainedTokenCredential authentication failed.\nX'),
    'misconfigured',
  ],
  [
    'an identity platform that is away',
    ofIdentity('AuthenticationRequiredError', 'network_error: See https://aka.ms/msal.js.errors'),
    'unavailable',
  ],
])('%s', (_what, error, code) => {
  expect(fault(error).code).toBe(code);
});

test.each([
  [ofService(429), 'throttled'],
  [ofService(503, 'ServerBusy'), 'throttled'],
  [ofService(500, 'OperationTimedOut'), 'unavailable'],
  [ofConnection('ECONNREFUSED'), 'connection'],
  [new StallError(30_000), 'connection'],
  [ofService(400, 'Md5Mismatch'), 'corrupt'],
])('a request that is sent again after %s counts as %s', (error, reason) => {
  expect(retryReason(fault(error))).toBe(reason);
});

test('a message names the store, what was asked, the reason and what to do', () => {
  expect(fault(ofService(403, 'AuthorizationPermissionMismatch')).message).toBe(
    'Azure container "exports" refuses PutBlock (AuthorizationPermissionMismatch): give the identity containers/blobs/write, e.g. by the role Storage Blob Data Contributor on the container',
  );
});

test('neither an answer nor the query of a URL gets into the log', () => {
  const message = 'not of https://host/exports/a?sv=2025&sig=c2VjcmV0: first line\nsecond line';
  const logged = JSON.stringify(errorFacts(fault(new RestError(message, { statusCode: 400 }))));
  expect(logged).toContain('first line');
  expect(logged).not.toMatch(/sig=|second line/);
});

test('an error of the program stays what it is', () => {
  const error = new TypeError('undefined is not a function');
  expect(fault(error)).toBe(error);
});
