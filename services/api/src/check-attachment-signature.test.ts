import { createHmac } from 'node:crypto';
import type { ExportError } from '@sluice/export';
import { attachmentUrl } from '@sluice/export';
import { checkAttachmentSignature } from './check-attachment-signature.ts';

const key = Buffer.from('a key of this deployment');
const exportId = '11111111-1111-4111-8111-111111111111';
const url = attachmentUrl('https://x.example/of/hospital/fhir', exportId, 'b1');
const path = `/of/hospital/fhir/$export-attachment/${exportId}/b1`;
const signature = createHmac('sha256', key).update(path).digest('base64url');

test('the signature is over the path of the URL as the export has it, proxy and all', () => {
  expect(url).toBe(`https://x.example${path}`);
  expect(() => checkAttachmentSignature(key, url, signature)).not.toThrow();
});

test.each([
  ['without a signature', key, url, null],
  ['with an empty signature', key, url, ''],
  ['with another signature', key, url, 'A'.repeat(43)],
  ['with half a signature', key, url, signature.slice(0, 20)],
  [
    'of another Binary',
    key,
    attachmentUrl('https://x.example/of/hospital/fhir', exportId, 'b2'),
    signature,
  ],
  ['of another base', key, attachmentUrl('https://x.example/fhir', exportId, 'b1'), signature],
  ['signed with another key', Buffer.from('another'), url, signature],
])('a URL %s is forbidden', (_title, usedKey, usedUrl, given) => {
  expect(() => checkAttachmentSignature(usedKey, usedUrl, given)).toThrow(
    expect.objectContaining({ status: 403 }) as ExportError,
  );
});
