import { createHmac, timingSafeEqual } from 'node:crypto';
import { ExportError } from '@sluice/export';

/**
 * URL of an attachment as exports have it, without its signature. It begins with the base that the
 * export was kicked off at, which need not be today's.
 */
export function attachmentUrl(baseUrl: string, exportId: string, binaryId: string): string {
  return `${baseUrl}/$export-attachment/${exportId}/${binaryId}`;
}

/**
 * Checks the signature of an attachment's URL, in constant time: HMAC-SHA256 of its path, as the
 * worker wrote it. It has no end of its own, it ends with the export. SPEC E-046, E-052
 *
 * @throws ExportError `forbidden` when it is missing or not ours
 */
export function checkAttachmentSignature(key: Buffer, url: string, signature: string | null): void {
  const given = Buffer.from(signature ?? '', 'base64url');
  const expected = createHmac('sha256', key).update(new URL(url).pathname).digest();
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  const text =
    'The URL of this attachment lacks a valid signature; use the URLs in the exported resources as they are.';
  throw new ExportError('forbidden', text);
}
