import { once } from 'node:events';
import { connect } from 'node:net';

/**
 * Sends one command to a Redis on this machine and returns the first line of the answer, such as
 * `+PONG`; `undefined` when there is none within the limit.
 */
export async function askRedis(
  port: number,
  password: string | undefined,
  command: readonly string[],
): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  const limit = setTimeout(() => socket.destroy(new Error('no answer')), 3000);
  try {
    await once(socket, 'connect');
    const wanted = password === undefined ? 1 : 2;
    if (password !== undefined) socket.write(encode(['AUTH', password]));
    socket.write(encode(command));
    let received = '';
    for await (const block of socket) {
      received += String(block);
      const lines = received.split('\r\n');
      if (lines.length > wanted) return lines[wanted - 1];
    }
    return undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(limit);
    socket.destroy();
  }
}

function encode(command: readonly string[]): string {
  const words = command.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  return `*${command.length}\r\n${words.join('')}`;
}
