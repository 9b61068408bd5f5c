import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkLog } from '../support/log-secrets.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** That the check of every process's log, which all of these tests make, would find something. */
const part = Buffer.from('{"a":"of no use"}').toString('base64url');

test.each([
  ['a token or an assertion', `{"error":"refused ${part}.${part}.c2lnbmF0dXJl"}`],
  ['an Authorization header', '"authorization":"Bearer 0123456789abcdef01"'],
  ['a private key', '-----BEGIN PRIVATE KEY-----'],
  ['the query of a signed URL', 'GET /exports/a.ndjson?X-Amz-Date=1&X-Amz-Signature=00ff'],
  ['the query of a signed URL', '/fhir/$export-file/1/Patient-1-1.ndjson?expires=1&signature=ab'],
  ['a password', 'connect to postgres://sluice:secret@db.example/sluice'],
  ['the id of a patient', '{"route":"/fhir/Patient/p-17"}'],
  ['parameters that can name patients', '/fhir/Patient/$export?_type=Observation&patient=p-17'],
])('%s is found in a log', (what, line) => {
  expect(() => checkLog(`{"level":"info"}\n${line}\n`, {})).toThrow(what);
});

test('a secret of the settings or of the accounts file is found by its value', async () => {
  const path = join(await tempFolder('accounts'), 'accounts.json');
  await writeFile(
    path,
    JSON.stringify([{ id: 'a', 'private-key': 'first-line\nsecond-line-of-it' }]),
  );
  const env = { ACCOUNTS_FILE: path, MY_SECRET: 'nobody-may-know' };
  expect(() => checkLog('x nobody-may-know', env)).toThrow('secret of the settings');
  expect(() => checkLog('x second-line-of-it', env)).toThrow('secret of the settings');
});

test('what is usually logged is none', () => {
  const lines = [
    '{"message":"request","method":"GET","route":"/fhir/Patient/:id","status":200}',
    '{"message":"request","route":"/fhir/Patient/$export","client":"payer"}',
    '{"message":"file written","key":"20260131T093000Z_0f8f/Patient-1-1.ndjson"}',
    '{"message":"listening","url":"http://127.0.0.1:8080/fhir"}',
  ];
  expect(() => checkLog(lines.join('\n'), { TLS_KEY: '/etc/sluice/tls.key' })).not.toThrow();
});
