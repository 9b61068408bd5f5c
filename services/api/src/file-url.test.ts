import type { ExportError } from '@sluice/export';
import { checkFileSignature, signedFileUrl } from './file-url.ts';

const key = Buffer.from('a key of this deployment');
const address = { exportId: '11111111-1111-4111-8111-111111111111', name: 'Patient-1-1.ndjson' };
const now = 1_800_000_000_000;
const url = new URL(signedFileUrl('http://x/fhir', key, address, now / 1000 + 60));
const given = {
  expires: url.searchParams.get('expires'),
  signature: url.searchParams.get('signature'),
};

test('a signed URL is accepted until its time is over', () => {
  expect(url.pathname).toBe(`/fhir/$export-file/${address.exportId}/Patient-1-1.ndjson`);
  expect(() => checkFileSignature(key, address, given, now + 59_999)).not.toThrow();
  expect(() => checkFileSignature(key, address, given, now + 60_000)).toThrow(
    /expired.*manifest again/,
  );
});

test.each([
  ['without a signature', key, address, { expires: null, signature: null }],
  ['without its time', key, address, { ...given, expires: null }],
  ['with a later time', key, address, { ...given, expires: '9999999999' }],
  ['with its time spelt differently', key, address, { ...given, expires: `0${given.expires}` }],
  ['with another signature', key, address, { ...given, signature: 'A'.repeat(43) }],
  [
    'with half a signature',
    key,
    address,
    { ...given, signature: given.signature?.slice(20) ?? null },
  ],
  ['for another file', key, { ...address, name: 'Patient-1-2.ndjson' }, given],
  ['for another export', key, { ...address, exportId: '2' }, given],
  ['made with another key', Buffer.from('another'), address, given],
])('a URL %s is forbidden', (_title, usedKey, usedAddress, signature) => {
  expect(() => checkFileSignature(usedKey, usedAddress, signature, now)).toThrow(
    expect.objectContaining({ status: 403 }) as ExportError,
  );
});
