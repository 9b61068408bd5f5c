import { timingSafeEqual } from 'node:crypto';
import { attachmentSignature, ExportError } from '@sluice/export';

/**
 * Checks the signature of an attachment's URL, in constant time.
 *
 * @throws ExportError `forbidden` when it is missing or not ours
 */
export function checkAttachmentSignature(key: Buffer, url: string, signature: string | null): void {
  const given = Buffer.from(signature ?? '', 'base64url');
  const expected = attachmentSignature(key, url);
  if (given.length === expected.length && timingSafeEqual(given, expected)) return;
  const text =
    'The URL of this attachment lacks a valid signature; use the URLs in the exported resources as they are.';
  throw new ExportError('forbidden', text);
}
