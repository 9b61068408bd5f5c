import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { Transform, type Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';

/** A request as it came by; `bytes` and `status` are filled in as it goes. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: http.IncomingHttpHeaders;
  /** Bytes of its body that reached the proxy. */
  bytes: number;
  /** What the server, or a fault in its place, answered; the client may not have got it. */
  status: number | undefined;
  /** Kind of the fault that befell it. */
  readonly fault: Fault['kind'] | undefined;
}

/** Which requests a fault befalls: all, or those that `when` picks, the first `times` of them. */
interface Chosen {
  readonly when?: (request: Pick<ProxiedRequest, 'method' | 'url' | 'headers'>) => boolean;
  readonly times?: number;
}

/** What happens to the body of the request, or of the response. */
type BodyFault = { readonly to: 'request' | 'response' } & (
  | { readonly kind: 'cut' | 'stall'; readonly after: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  | { readonly kind: 'corrupt'; readonly at: number }
);

/** An answer in place of the server's, which hears nothing of the request. */
interface AnswerFault {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** The server does all it was asked to, and the client's connection ends without an answer. */
interface LostReply {
  readonly kind: 'lose-reply';
}

/** Something that goes wrong between client and server. */
export type Fault = Chosen & (BodyFault | AnswerFault | LostReply);

/** A proxy in front of one server. */
export interface FaultProxy {
  /** Base URL for clients, without slash at its end. */
  readonly url: string;
  readonly requests: readonly ProxiedRequest[];
  /** Adds a fault; of several that would befall a request the one added first does. Call the result to lift it. */
  inject(fault: Fault): () => void;
  /** Lifts every fault and forgets the requests. */
  reset(): void;
  stop(): Promise<void>;
}

/** Key and certificate, PEM: the proxy then speaks https. */
export interface FaultProxyOptions {
  readonly tls?: { readonly key: string; readonly cert: string };
}

/**
 * Starts a reverse proxy for `target` on a free port of loopback. It passes requests and answers on as they
 * are, the Host header included (S3 signs it), so `target` sees the proxy's own address there.
 */
export async function startFaultProxy(
  target: string,
  { tls }: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const requests: ProxiedRequest[] = [];
  const faults: { readonly fault: Fault; left: number }[] = [];
  const upstream = new Upstream(target);

  const claim = (request: http.IncomingMessage): Fault | undefined => {
    const { method = '', url = '', headers } = request;
    const found = faults.find(
      ({ fault, left }) => left > 0 && (fault.when?.({ method, url, headers }) ?? true),
    );
    if (found) found.left -= 1;
    return found?.fault;
  };
  const onRequest: http.RequestListener = (request, response) => {
    const fault = claim(request);
    const { method = '', url = '', headers } = request;
    const seen = { method, url, headers, bytes: 0, status: undefined, fault: fault?.kind };
    requests.push(seen);
    void pass({ request, response, upstream, fault, seen });
  };
  const server = tls ? https.createServer(tls, onRequest) : http.createServer(onRequest);
  // The client decides how long it waits.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    inject: (fault) => {
      const entry = { fault, left: fault.times ?? Infinity };
      faults.push(entry);
      return () => (entry.left = 0);
    },
    reset: () => {
      faults.length = 0;
      requests.length = 0;
    },
    stop: async () => {
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      upstream.close();
      await closed;
    },
  };
}

/** The server behind the proxy. */
class Upstream {
  readonly #target: URL;
  readonly #agent: http.Agent;
  readonly #request: typeof http.request;

  constructor(target: string) {
    this.#target = new URL(target);
    const secure = this.#target.protocol === 'https:';
    this.#request = secure ? https.request : http.request;
    // Test servers sign their certificates themselves.
    const Agent = secure ? https.Agent : http.Agent;
    this.#agent = new Agent({ keepAlive: true, ...(secure && { rejectUnauthorized: false }) });
  }

  request({ method, url, rawHeaders }: http.IncomingMessage): http.ClientRequest {
    const { hostname, port } = this.#target;
    const agent = this.#agent;
    return this.#request({ hostname, port, method, path: url, headers: rawHeaders, agent });
  }

  close(): void {
    this.#agent.destroy();
  }
}

interface Passage {
  readonly request: http.IncomingMessage;
  readonly response: http.ServerResponse;
  readonly upstream: Upstream;
  readonly fault: Fault | undefined;
  readonly seen: ProxiedRequest;
}

async function pass({ request, response, upstream, fault, seen }: Passage): Promise<void> {
  request.on('data', (chunk: Buffer) => (seen.bytes += chunk.length));
  const cut = (): unknown => request.socket.destroy();
  if (fault?.kind === 'answer') {
    seen.status = fault.status;
    // Once the body is through, so that the connection can be used again.
    request.on('end', () => response.writeHead(fault.status, fault.headers).end(fault.body));
    return;
  }
  const onward = upstream.request(request);
  onward.on('error', cut);
  response.on('close', () => {
    onward.destroy();
    // What is left of a body that was answered early, so that the connection can be used again.
    request.unpipe().resume();
  });
  damaged(request, 'request', fault, cut).pipe(onward);
  const [answer] = (await once(onward, 'response').catch(() => [])) as [http.IncomingMessage?];
  if (!answer) return;
  seen.status = answer.statusCode;
  answer.on('error', cut);
  if (fault?.kind === 'lose-reply') {
    answer.resume().on('end', cut);
    return;
  }
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
  damaged(answer, 'response', fault, cut).pipe(response);
}

/** The body as the other side gets it. */
function damaged(
  body: Readable,
  which: 'request' | 'response',
  fault: Fault | undefined,
  cut: () => unknown,
): Readable {
  if (!fault || !('to' in fault) || fault.to !== which) return body;
  let passed = 0;
  return body.pipe(
    new Transform({
      transform(chunk: Buffer, _encoding, done) {
        const start = passed;
        passed += chunk.length;
        switch (fault.kind) {
          case 'slow':
            void wait((chunk.length / fault.bytesPerSecond) * 1000).then(() => done(null, chunk));
            return;
          case 'corrupt':
            done(null, withByteChanged(chunk, fault.at - start));
            return;
          case 'cut':
          case 'stall':
            if (passed < fault.after) return void done(null, chunk);
            this.push(chunk.subarray(0, fault.after - start));
            // Without `done` nothing more is read, so of a stall neither side is told even when the other
            // gives up. The cut waits for what was pushed to go out.
            if (fault.kind === 'cut') setImmediate(cut);
        }
      },
      flush(done) {
        const ends = fault.kind === 'cut' || fault.kind === 'stall';
        if (!ends || passed < fault.after) return void done();
        if (fault.kind === 'cut') cut();
      },
    }),
  );
}

function withByteChanged(chunk: Buffer, at: number): Buffer {
  const byte = chunk[at];
  if (byte === undefined) return chunk;
  const changed = Buffer.from(chunk);
  changed[at] = byte ^ 1;
  return changed;
}
