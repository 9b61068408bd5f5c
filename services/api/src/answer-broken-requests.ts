import type { Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type IssueCode, operationOutcome } from '@sluice/fhir';

interface Refusal {
  readonly status: string;
  readonly code: IssueCode;
  readonly text: string;
}

const headersTooLarge = (maxBytes: number): Refusal => ({
  status: '431 Request Header Fields Too Large',
  code: 'too-long',
  text: `The headers of the request, its URL included, are longer than ${maxBytes} bytes.`,
});
const tooSlow: Refusal = {
  status: '408 Request Timeout',
  code: 'timeout',
  text: 'The request did not arrive in time.',
};
const extensionsTooLarge: Refusal = {
  status: '413 Payload Too Large',
  code: 'too-long',
  text: 'The chunk extensions of the body are too long.',
};
const notHttp: Refusal = {
  status: '400 Bad Request',
  code: 'structure',
  text: 'The request is not valid HTTP/1.1.',
};

/**
 * Answers requests that no route ever sees, since their headers are too long or are not HTTP, or since they come too slowly, with an
 * OperationOutcome, and closes their connections.
 *
 * @param maxHeaderBytes what the server was created with
 */
export function answerBrokenRequests(server: Server, maxHeaderBytes: number): void {
  const inHand = new WeakMap<Duplex, ServerResponse>();
  server.on('request', (req, res) => inHand.set(req.socket, res));
  server.on('clientError', (error, socket) => {
    const res = inHand.get(socket);
    // What has begun as an answer to an earlier request cannot become another one.
    const isBegun = res !== undefined && !res.writableFinished && res.headersSent;
    if (socket.writable && !isBegun) socket.write(answerOf(refusalOf(error, maxHeaderBytes)));
    socket.destroy(error);
  });
}

function refusalOf(error: Error, maxHeaderBytes: number): Refusal {
  switch ((error as { code?: unknown }).code) {
    case 'HPE_HEADER_OVERFLOW':
      return headersTooLarge(maxHeaderBytes);
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return extensionsTooLarge;
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return tooSlow;
    default:
      return notHttp;
  }
}

function answerOf({ status, code, text }: Refusal): string {
  const issue = { severity: 'error', code, text, diagnostics: text } as const;
  const body = JSON.stringify(operationOutcome([issue]));
  const headers = [
    `HTTP/1.1 ${status}`,
    'Content-Type: application/fhir+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    'X-Content-Type-Options: nosniff',
    'Connection: close',
  ];
  return `${headers.join('\r\n')}\r\n\r\n${body}`;
}
