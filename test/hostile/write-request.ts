import type { HostileRequest } from './generate/requests.ts';
import { makeToken, type Signer } from './signing.ts';

/** What is put in place of `{export}`, `{file}` and `{attachment}`. */
export interface Known {
  /** Id of an export. */
  readonly export: string;
  /** Path and query of an output file. */
  readonly file: string;
  /** Path and query of an attachment. */
  readonly attachment: string;
}

/** What a request is filled in with. */
export interface Filling {
  readonly known: Known;
  /** Of access tokens; absent where there are none. */
  readonly signer: Signer | undefined;
  /** Of assertions, for `{assertion}` in a body. */
  readonly assertions: Signer;
}

/** Writes a request as bytes, for a connection of its own. */
export function writeRequest(
  { route, method, target, headers, token, body }: HostileRequest,
  { known, signer, assertions }: Filling,
): Buffer {
  const path = Object.entries(known).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, () => value as string),
    target,
  );
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: 127.0.0.1', 'Connection: close'];
  // At the token endpoint it would be one way too many to say who one is.
  const isWanted = signer !== undefined && !route.startsWith('/auth');
  if (token.kind === 'text') lines.push(`Authorization: Bearer ${token.text}`);
  if (token.kind === 'right' && isWanted) {
    lines.push(`Authorization: Bearer ${makeToken(token, signer)}`);
  }
  lines.push(...headers.map(([name, value]) => `${name}: ${value}`));
  const filled = fillAssertion(body, () => makeToken(token, assertions));
  if (filled !== undefined) lines.push(`Content-Length: ${filled.length}`);
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), filled ?? Buffer.alloc(0)]);
}

const placeholder = '{assertion}';

function fillAssertion(body: Buffer | undefined, make: () => string): Buffer | undefined {
  const at = body?.indexOf(placeholder) ?? -1;
  if (body === undefined || at === -1) return body;
  const behind = body.subarray(at + placeholder.length);
  return Buffer.concat([body.subarray(0, at), Buffer.from(make()), behind]);
}
