import { createHmac, timingSafeEqual } from 'node:crypto';
import { ExportError } from '@sluice/export';

/** What a signature vouches for. */
export interface FileAddress {
  readonly exportId: string;
  readonly name: string;
}

/** The query of a signed file URL, as it came in. */
export interface FileSignature {
  readonly expires: string | null;
  readonly signature: string | null;
}

/** URL of an output file without a signature. */
export function fileUrl(baseUrl: string, { exportId, name }: FileAddress): string {
  return `${baseUrl}/$export-file/${exportId}/${encodeURIComponent(name)}`;
}

/** URL of an output file that works by itself until `expires` (Unix seconds). */
export function signedFileUrl(
  baseUrl: string,
  key: Buffer,
  address: FileAddress,
  expires: number,
): string {
  const signature = sign(key, address, String(expires)).toString('base64url');
  return `${fileUrl(baseUrl, address)}?expires=${expires}&signature=${signature}`;
}

/**
 * Checks the signature of a file URL, in constant time.
 *
 * @throws ExportError `forbidden` when it is missing, not ours, or its time is over
 */
export function checkFileSignature(
  key: Buffer,
  address: FileAddress,
  { expires, signature }: FileSignature,
  now: number,
): void {
  const given = Buffer.from(signature ?? '', 'base64url');
  const expected = sign(key, address, expires ?? '');
  if (expires === null || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    const text =
      'The URL of this file lacks a valid signature; use the URLs in the manifest as they are.';
    throw new ExportError('forbidden', text);
  }
  if (Number(expires) * 1000 <= now) {
    const text = 'The URL of this file has expired; read the manifest again for a fresh one.';
    throw new ExportError('forbidden', text);
  }
}

function sign(key: Buffer, { exportId, name }: FileAddress, expires: string): Buffer {
  return createHmac('sha256', key).update([exportId, name, expires].join('\n')).digest();
}
