import { lookup, type LookupAddress } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { checkJsonBounds } from '@sluice/fhir';
import { isPrivateAddress } from './private-address.ts';

const bounds = { maxDepth: 16, maxValues: 10_000 };

/** How far a request may go. */
export interface FetchLimits {
  /** Plain http, and addresses of private networks. Otherwise neither. */
  readonly allowPrivate: boolean;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
}

/** A JSON document, and what was said of how long it lasts. */
export interface FetchedJson {
  readonly body: unknown;
  readonly cacheControl: string | undefined;
}

/**
 * Fetches a small JSON document whose address somebody else has chosen: within limits of time and size, without
 * redirects, and not from a private network, whatever a name resolves to. SPEC G-020, G-025
 */
export async function fetchJson(address: string, limits: FetchLimits): Promise<FetchedJson> {
  const { allowPrivate, timeoutMs = 5000, maxBytes = 262_144 } = limits;
  const url = new URL(address);
  if (url.protocol !== 'https:' && !(allowPrivate && url.protocol === 'http:')) {
    throw new Error('only https is fetched from');
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (!allowPrivate && isIP(host) !== 0 && isPrivateAddress(host)) throw privateAddress();
  const answer = await ask(url, {
    headers: { Accept: 'application/json' },
    agent: false,
    signal: AbortSignal.timeout(timeoutMs),
    ...(allowPrivate ? {} : { lookup: publicLookup }),
  });
  if (answer.statusCode !== 200) {
    answer.destroy();
    throw new Error(`the answer is ${answer.statusCode ?? 'none'}`);
  }
  const bytes = await readBytes(answer, maxBytes);
  const excess = checkJsonBounds(bytes, bounds);
  if (excess !== undefined) throw new Error(`the answer has too much in it (${excess.bound})`);
  const body = JSON.parse(bytes.toString()) as unknown;
  return { body, cacheControl: answer.headers['cache-control'] };
}

async function ask(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return await new Promise((resolve, reject) => {
    send(url, options, resolve).on('error', reject).end();
  });
}

async function readBytes(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const blocks: Buffer[] = [];
  let bytes = 0;
  for await (const block of answer as AsyncIterable<Buffer>) {
    bytes += block.length;
    if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    blocks.push(block);
  }
  return Buffer.concat(blocks);
}

/** Checked where the connection is made, so that a name cannot resolve to something else in between. */
const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    const [first] = addresses ?? [];
    if (error !== null || first === undefined) return callback(error, '');
    if (addresses.some(({ address }) => isPrivateAddress(address)))
      return callback(privateAddress(), '');
    if (options.all) return callback(null, addresses);
    return callback(null, first.address, first.family);
  });
};

function privateAddress(): Error {
  return new Error('the address lies in a private network');
}
