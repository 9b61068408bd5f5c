import type { Answer } from './exchange.ts';

/** Bodies of refusals are short, whatever was sent. */
const mostErrorBytes = 64 * 1024;
/** What an answer to a stranger never has in it. */
const inside =
  /\bat .{1,200}\.[cm]?js:\d+:\d+|node_modules|\/(work|home|root|usr)\/|\b(syntax error|violates|relation "|ECONNREFUSED)/i;

/** Says what is wrong with an answer; `undefined` if nothing is. */
export function judge(request: Buffer, { status, head, body }: Answer): string | undefined {
  if (status === 0) return mayGoUnanswered(request) ? undefined : 'closed without an answer';
  // Nothing that the API depends on is away, so a 503 is as wrong as a 500.
  if (status >= 500) return `${status}: ${body.slice(0, 300)}`;
  if (status < 400) return undefined;
  if (body.length > mostErrorBytes) return `an error of ${body.length} bytes`;
  const found = inside.exec(head) ?? inside.exec(body);
  return found === null ? undefined : `it tells of the inside: ${found[0]}`;
}

/**
 * Whoever does not keep to HTTP, or goes on sending more than is taken, may lose the answer: a connection that is closed
 * with something unread is reset.
 */
function mayGoUnanswered(request: Buffer): boolean {
  const end = request.indexOf('\r\n\r\n');
  const head = request.toString('latin1', 0, end);
  const isPlain = head
    .split('\r\n')
    .every((line, index) =>
      index === 0 ? /^[A-Z]+ \S+ HTTP\/1\.1$/.test(line) : /^[\w-]+: [\x20-\x7e]*$/.test(line),
    );
  return !isPlain || request.length > 30_000;
}
