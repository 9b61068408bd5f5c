import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { grantScopes } from '../../packages/auth/src/grant-scopes.ts';
import { readJwt } from '../../packages/auth/src/jwt.ts';
import { readKeySet } from '../../packages/auth/src/key-set.ts';
import { isPrivateAddress } from '../../packages/auth/src/private-address.ts';
import { readClient, readClients } from '../../packages/auth/src/read-client.ts';
import { parseScope, parseScopes, splitScopes } from '../../packages/auth/src/scopes.ts';
import { readTokenRequest } from '../../packages/auth/src/token-request.ts';
import { readIssues, retryAfterMs } from '../../packages/cli/src/client/ask.ts';
import { completedOf } from '../../packages/cli/src/client/follow-export.ts';
import { planFiles } from '../../packages/cli/src/client/plan-files.ts';
import { baseOf } from '../../packages/cli/src/credentials.ts';
import { list, webUrl } from '../../packages/cli/src/options.ts';
import { BundleSplitter } from '../../packages/loader/src/bundle-splitter.ts';
import { readEntry } from '../../packages/loader/src/bundle-entry.ts';
import { cutLine, readLineStart } from '../../packages/loader/src/line-start.ts';
import { kindOf } from '../../packages/loader/src/problem-groups.ts';
import { readJson, readJsonObject } from '../../packages/loader/src/read-json.ts';
import { readQuickly, readResource } from '../../packages/loader/src/read-resource.ts';
import { recognizeBytes } from '../../packages/loader/src/recognize-bytes.ts';
import { writeLiterals } from '../../packages/loader/src/resolve-references.ts';
import { rewriteReferences } from '../../packages/loader/src/rewrite-references.ts';
import { recordable, recordableText } from '../../packages/postgres/src/recordable.ts';
import { errorFacts } from '../../packages/runtime/src/logger.ts';
import { parseBytes, parseDuration } from '../../packages/runtime/src/units.ts';
import { withoutEndSlashes } from '../../packages/runtime/src/without-end-slashes.ts';
import { checkAccountResource } from '../../packages/storage/src/accounts/account-resources.ts';
import { readAccounts } from '../../packages/storage/src/accounts/read-accounts.ts';
import { checkYamlBounds } from '../../packages/storage/src/accounts/yaml-bounds.ts';
import { isLeftByCheck } from '../../packages/storage/src/health/check-storage.ts';
import { isKeyPart, keyParts } from '../../packages/storage/src/object-key.ts';
import { apiParsers } from './api-parsers.ts';
import { exportParsers } from './export-parsers.ts';
import { fhirParsers } from './fhir-parsers.ts';
import { ofBytes, ofText, type Parser } from './parser.ts';

const all = parseScopes('system/*.cruds');

/** Every parser of text that comes from elsewhere, by file and name. A test keeps the list whole. */
export const parsers: Readonly<Record<string, Parser>> = {
  ...fhirParsers,
  ...exportParsers,
  ...apiParsers,
  'auth/grant-scopes.ts#grantScopes': ofText(
    (it) => grantScopes(it, all),
    'system/Patient.rs?name=',
  ),
  'auth/jwt.ts#readJwt': ofText((it) => {
    const part = Buffer.from(it).toString('base64url');
    return [it, `${part}.${part}.a`, `e30.${part}.a`].map((token) => attempt(() => readJwt(token)));
  }, '{"alg":"ES384","kid":"'),
  'auth/key-set.ts#readKeySet': ofText((it) => readKeySet({ keys: [{ kty: it, kid: it, n: it }] })),
  'auth/private-address.ts#isPrivateAddress': ofText(isPrivateAddress, '2001:', '10.'),
  'auth/read-client.ts#readClient': ofText(
    (it) =>
      readClient({
        id: it,
        jwksUrl: it,
        scopes: it,
        groups: [it],
        patients: it.split(','),
        [it]: it,
      }),
    'https://',
    'system/Patient.rs?name=',
  ),
  'auth/read-client.ts#readClients': ofText(readClients, '{"clients":[{"id":"'),
  'auth/scopes.ts#parseScope': ofText(parseScope, 'system/Patient.rs?name=', 'system/*.rs?_id='),
  'auth/scopes.ts#parseScopes': ofText(parseScopes, 'system/Patient.rs?name='),
  'auth/scopes.ts#splitScopes': ofText(splitScopes, 'system/Patient.rs,'),
  'auth/token-request.ts#readTokenRequest': ofText(
    (it) => readTokenRequest({ 'content-type': 'application/x-www-form-urlencoded' }, it),
    'grant_type=client_credentials&scope=',
  ),
  'cli/client/ask.ts#readIssues': ofText(
    readIssues,
    '{"resourceType":"OperationOutcome","issue":[{',
  ),
  'cli/client/ask.ts#retryAfterMs': ofText((it) =>
    retryAfterMs({ get: () => it } as unknown as Headers),
  ),
  'cli/client/follow-export.ts#completedOf': ofText(
    (it) => completedOf({ status: 200, headers: new Headers(), text: it }),
    '{"output":[',
  ),
  'cli/client/plan-files.ts#planFiles': ofText((it) => {
    const path = encodeURIComponent(it.replaceAll(/\p{Surrogate}/gu, '?')).slice(0, it.length);
    const output = Array.from({ length: it.length / 64 }, () => ({ type: it, url: 'http://a/-' }));
    return planFiles({
      transactionTime: it,
      output: [...output, { type: it, url: `http://a/${path}` }],
    });
  }),
  'cli/credentials.ts#baseOf': ofText(baseOf, 'http://a/$export-status/'),
  'cli/options.ts#list': ofText((it) => list(it, undefined)),
  'cli/options.ts#webUrl': ofText(webUrl, 'http://a/', 'https://'),
  'loader/bundle-entry.ts#readEntry': ofBytes(
    (it) => readEntry(it, 1),
    '{"fullUrl":"urn:uuid:',
    '{',
  ),
  'loader/bundle-splitter.ts#BundleSplitter': ofBytes(
    splitBundle,
    '{"resourceType":"Bundle","entry":[',
    '{"resourceType":"Bundle","entry":[{"resource":{',
  ),
  'loader/line-start.ts#readLineStart': ofBytes(
    (it) => {
      const start = readLineStart(it);
      return start && cutLine(it, start);
    },
    '{"resourceType":"Patient","id":"1"',
    '{"resourceType":"Patient","id":"1","meta":{',
  ),
  'loader/problem-groups.ts#kindOf': ofText(kindOf, 'entry 1: ', '"'),
  'loader/recognize-bytes.ts#recognizeBytes': ofBytes(recognizeBytes, '\uFEFF', '<', '{'),
  'loader/read-json.ts#readJson': ofBytes((it) => readJson(it), '{"a":'),
  'loader/read-json.ts#readJsonObject': ofBytes((it) => readJsonObject(it), '{"a":'),
  'loader/read-resource.ts#readQuickly': ofBytes(readQuickly, '{"resourceType":"Patient",'),
  'loader/read-resource.ts#readResource': ofBytes(readResource, '{"resourceType":"Patient",'),
  'loader/resolve-references.ts#writeLiterals': ofBytes((it) =>
    writeLiterals(it, () => 'a', 'http://a'),
  ),
  'loader/rewrite-references.ts#rewriteReferences': ofBytes((it) =>
    rewriteReferences(it, new Map([['urn:a', 'Patient/a']])),
  ),
  'postgres/recordable.ts#recordable': ofText((it) => recordable({ [it]: [it, it.split(',')] })),
  'postgres/recordable.ts#recordableText': ofText(recordableText),
  'runtime/logger.ts#errorFacts': ofText((it) => errorFacts(new Error(it)), 'http://a?'),
  'runtime/units.ts#parseBytes': ofText(parseBytes, '1'),
  'runtime/units.ts#parseDuration': ofText(parseDuration, '1'),
  'runtime/without-end-slashes.ts#withoutEndSlashes': ofText(withoutEndSlashes),
  'storage/accounts/account-resources.ts#checkAccountResource': ofText((it) =>
    checkAccountResource({
      resourceType: 'GcpServiceAccount',
      id: it,
      'service-account-email': it,
      'private-key': it,
      'token-uri': it,
    }),
  ),
  'storage/accounts/read-accounts.ts#readAccounts': ofText(readAccountsOf),
  'storage/accounts/yaml-bounds.ts#checkYamlBounds': ofText(checkYamlBounds),
  'storage/health/check-storage.ts#isLeftByCheck': ofText(
    (it) => isLeftByCheck(it),
    'healthcheck_2',
  ),
  'storage/object-key.ts#isKeyPart': ofText(isKeyPart),
  'storage/object-key.ts#keyParts': ofText(keyParts),
};

function attempt(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'malformed-jwt') throw error;
  }
}

function splitBundle(bytes: Buffer): void {
  const limits = { firstLine: 1, maxEntryBytes: 1e6, maxFrameBytes: 1e6 };
  const splitter = new BundleSplitter(limits);
  for (const entry of splitter.push(bytes)) void entry;
}

const folder = mkdtempSync(join(tmpdir(), 'sluice-parsers-'));
const accountsFile = join(folder, 'accounts.yaml');
afterAll(() => rmSync(folder, { recursive: true }));

function readAccountsOf(text: string): unknown {
  writeFileSync(accountsFile, text);
  return readAccounts(accountsFile);
}
