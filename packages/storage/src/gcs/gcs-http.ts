import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';

/** One request over HTTP. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sends requests over connections that are kept, each given up when for `idleMs` nothing moves on it. A
 * fault is whatever Node says of the connection; a status is none.
 */
export class GcsHttp {
  readonly #idleMs: number;
  readonly #http = new http.Agent({ keepAlive: true });
  readonly #https = new https.Agent({ keepAlive: true });

  constructor(idleMs: number) {
    this.#idleMs = idleMs;
  }

  /** The answer once its head has come; how long its body is waited for is up to the caller. */
  async open({ url, method, headers, body, signal }: HttpRequest): Promise<http.IncomingMessage> {
    const secure = url.protocol === 'https:';
    const request = (secure ? https : http).request(url, {
      method,
      agent: secure ? this.#https : this.#http,
      headers: { ...headers, 'Content-Length': body?.length ?? 0 },
      timeout: this.#idleMs,
      ...(signal && { signal }),
    });
    request.on('timeout', () => request.destroy(stalled()));
    request.end(body);
    const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
    // From here on the answer tells of faults.
    request.on('error', () => undefined);
    request.setTimeout(0);
    return answer;
  }

  /** Pieces of the body of an answer. It may be left at any time. */
  async *read(answer: http.IncomingMessage): AsyncGenerator<Buffer> {
    const pieces = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
    try {
      for (;;) {
        // The time that whoever reads takes does not count.
        const timer = setTimeout(() => answer.destroy(stalled()), this.#idleMs);
        const next = await pieces.next().finally(() => clearTimeout(timer));
        if (next.done) return;
        yield next.value;
      }
    } finally {
      answer.destroy();
    }
  }
}

function stalled(): Error {
  return Object.assign(new Error('nothing moved on the connection'), { code: 'ETIMEDOUT' });
}
