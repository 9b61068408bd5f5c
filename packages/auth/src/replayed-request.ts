import { IncomingMessage } from 'node:http';

/**
 * A request whose body was read already, as one that can be read again: by a handler that reads bodies itself. Headers
 * that describe the body are made to fit the one given.
 */
export function replayedRequest(
  req: IncomingMessage,
  given: { readonly url: string; readonly headers: Record<string, string>; readonly body: string },
): IncomingMessage {
  const body = Buffer.from(given.body);
  const copy = new IncomingMessage(req.socket);
  copy.method = req.method ?? 'POST';
  copy.url = given.url;
  copy.httpVersion = req.httpVersion;
  copy.httpVersionMajor = req.httpVersionMajor;
  copy.httpVersionMinor = req.httpVersionMinor;
  copy.headers = { ...given.headers, 'content-length': String(body.length) };
  copy.push(body);
  copy.push(null);
  // Otherwise its end would count as that of a connection that broke.
  copy.complete = true;
  return copy;
}
