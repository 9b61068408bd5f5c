import { createHmac } from 'node:crypto';

/**
 * URL of an attachment of an export, without its signature: the worker writes it, the API answers it.
 * It begins with the base that the export was kicked off at, which need not be today's.
 */
export function attachmentUrl(baseUrl: string, exportId: string, binaryId: string): string {
  return `${baseUrl}/$export-attachment/${exportId}/${binaryId}`;
}

/**
 * The signature that makes such a URL a capability: HMAC-SHA256 of its path. It has no end of its own,
 * it ends with the export (SPEC E-046, E-052).
 */
export function attachmentSignature(key: Buffer, url: string): Buffer {
  return createHmac('sha256', key).update(new URL(url).pathname).digest();
}
