import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** An answer in JSON, or in text. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** Something of a request that went wrong, as the JSON API words it. */
export class Refused extends Error {
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** Headers that mean something behind the gate, and before it. */
const passedHeaders = [
  ...['content-type', 'content-range', 'x-upload-content-type', 'range', 'if-none-match'],
  ...['content-length', 'etag', 'last-modified', 'x-goog-hash', 'accept-ranges', 'location'],
];

/** Sends an answer. */
export function answer(response: ServerResponse, { status, headers, body }: Answer): void {
  const isText = typeof body === 'string';
  const type = isText ? 'text/plain' : 'application/json; charset=UTF-8';
  response.writeHead(status, { 'Content-Type': type, ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

/** Says what was refused. Other faults end the connection: the client has gone, or the emulator has. */
export function refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
  if (!(error instanceof Refused)) return void response.destroy();
  const { status: code, reason, message } = error;
  request.resume();
  const errors = [{ domain: 'global', reason, message }];
  answer(response, { status: code, body: { error: { code, message, errors } } });
}

/** The whole body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** Asks the emulator what we were asked, with a body that has been read. */
export async function ask(
  target: string,
  { method = 'GET', url, headers }: IncomingMessage,
  body: Buffer | undefined,
  changed: Readonly<Record<string, string>> = {},
): Promise<Response> {
  return await fetch(new URL(url ?? '', target), {
    method,
    headers: { ...passed((name) => headers[name]?.toString()), ...changed },
    redirect: 'manual',
    ...(body && body.length > 0 && { body }),
  });
}

/** Passes on what the emulator answers, piece by piece. */
export async function passOn(response: ServerResponse, told: Response): Promise<void> {
  const length = told.headers.get('content-length');
  const headers = passed((name) => told.headers.get(name) ?? undefined);
  response.writeHead(told.status, { ...headers, ...(length && { 'content-length': length }) });
  if (!told.body) return void response.end();
  await pipeline(Readable.fromWeb(told.body), response);
}

function passed(get: (name: string) => string | undefined): Record<string, string> {
  const pairs = passedHeaders.map((name) => [name, get(name)] as const);
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}
