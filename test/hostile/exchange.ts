import { connect } from 'node:net';
import { patiently } from '../support/patience.ts';

/** What came back for the bytes of a request. */
export interface Answer {
  /** 0: the connection was closed without an answer. */
  readonly status: number;
  /** Status line and headers, as they came. */
  readonly head: string;
  readonly body: string;
}

const limitMs = patiently(15_000);
const mostBytes = 4 * 1024 * 1024;

/**
 * Sends bytes as they are over a connection of their own and reads until it is closed.
 *
 * @param halfClose ends the sending side, as a client does that has nothing more to say
 * @throws Error when the connection is neither answered nor closed within 15 s
 */
export async function exchange(port: number, bytes: Buffer, halfClose = false): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const pieces: Buffer[] = [];
    let length = 0;
    const finish = (): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(readAnswer(Buffer.concat(pieces)));
    };
    const limit = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${limitMs} ms`));
    }, limitMs);
    socket.on('data', (piece) => {
      pieces.push(piece);
      length += piece.length;
      if (length > mostBytes) finish();
    });
    socket.once('end', finish);
    // A server that refuses a request may close before it has read all of it, and what it said is lost then.
    socket.once('error', finish);
    socket.once('close', finish);
    socket.write(bytes);
    if (halfClose) socket.end();
  });
}

function readAnswer(bytes: Buffer): Answer {
  const text = bytes.toString('latin1').replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '');
  const [head = ''] = text.split('\r\n\r\n', 1);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1] ?? 0);
  return { status, head, body: text.slice(head.length + 4) };
}
