import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { GoogleIdentity } from './google-identity.ts';

/** Why a signed URL is refused, as the XML API words it. */
export interface SignatureFault {
  readonly status: number;
  readonly code: string;
}

/** How far ahead of ours a signer's clock may be. */
const skewMs = 15 * 60_000;

/**
 * Checks a V4 signature as Google documents it ("Signatures", "Canonical requests"): over method, path,
 * query, signed headers (host without its port, as Google's libraries sign it) and an unsigned payload.
 * Gives who signed, or what is wrong.
 */
export function checkSignature(
  request: IncomingMessage,
  identity: GoogleIdentity,
  now: number,
): { readonly signer: string } | SignatureFault {
  const url = new URL(request.url ?? '', 'http://host');
  const query = url.searchParams;
  const [email = '', ...scope] = (query.get('X-Goog-Credential') ?? '').split('/');
  const date = query.get('X-Goog-Date') ?? '';
  const signedAt = Date.parse(date.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  const seconds = Number(query.get('X-Goog-Expires'));
  const isWellFormed =
    query.get('X-Goog-Algorithm') === 'GOOG4-RSA-SHA256' &&
    scope.join('/') === `${date.slice(0, 8)}/auto/storage/goog4_request` &&
    Number.isInteger(seconds) &&
    seconds > 0 &&
    seconds <= 604_800;
  if (!isWellFormed || signedAt > now + skewMs) return { status: 400, code: 'InvalidArgument' };
  const signature = Buffer.from(query.get('X-Goog-Signature') ?? '', 'hex');
  const text = [
    'GOOG4-RSA-SHA256',
    date,
    scope.join('/'),
    createHash('sha256').update(canonicalRequest(request, url)).digest('hex'),
  ].join('\n');
  if (!identity.isSignedBy(email, text, signature)) {
    return { status: 403, code: 'SignatureDoesNotMatch' };
  }
  if (now >= signedAt + seconds * 1000) return { status: 400, code: 'ExpiredToken' };
  return { signer: email };
}

function canonicalRequest({ method, headers }: IncomingMessage, url: URL): string {
  const signedHeaders = url.searchParams.get('X-Goog-SignedHeaders') ?? '';
  const lines = signedHeaders.split(';').map((name) => {
    const value = String(headers[name] ?? '');
    return `${name}:${name === 'host' ? value.replace(/:\d+$/, '') : value.trim()}\n`;
  });
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Goog-Signature')
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
  return [method, url.pathname, query, lines.join(''), signedHeaders, 'UNSIGNED-PAYLOAD'].join(
    '\n',
  );
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
