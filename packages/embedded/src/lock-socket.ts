import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, rename, rm } from 'node:fs/promises';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';

/** Sockets of takers and holders; a name is never used again, so a dead one can be removed safely. */
const namePattern = /^lock-(\d+)-[0-9a-f]{8}\.sock$/;

/** Longest name that can stand behind a folder: a process id has up to seven digits. */
export const lockNameLength = 'lock-1234567-12345678.sock.new'.length;

/** A socket that answers everybody who connects with a text. */
export interface AnsweringSocket {
  readonly name: string;
  close(): Promise<void>;
}

/** Another process's socket: whose it is, and what it says; no answer when it is stopped or busy. */
export interface OtherSocket {
  readonly name: string;
  readonly pid: number;
  readonly answer: string | undefined;
}

/** Makes a socket that others find in the folder from the moment it answers, and not before. */
export async function openSocket(folder: string, answer: () => string): Promise<AnsweringSocket> {
  const name = `lock-${process.pid}-${randomBytes(4).toString('hex')}.sock`;
  const path = join(folder, name);
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(answer());
  });
  server.listen(`${path}.new`);
  await once(server, 'listening');
  await rename(`${path}.new`, path);
  server.unref();
  return {
    name,
    close: async () => {
      await rm(path, { force: true });
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Finds the sockets whose processes live, but for one's own; removes those of dead processes. */
export async function findSockets(folder: string, own?: string): Promise<OtherSocket[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const found: OtherSocket[] = [];
  for (const name of names.sort()) {
    const pid = Number(namePattern.exec(name)?.[1]);
    if (name === own || Number.isNaN(pid)) continue;
    const asked = await ask(join(folder, name));
    if (asked.isDead) await rm(join(folder, name), { force: true });
    else found.push({ name, pid, answer: asked.text });
  }
  return found;
}

function ask(path: string): Promise<{ isDead: boolean; text: string | undefined }> {
  return new Promise((resolve) => {
    let text = '';
    let isDead = false;
    const socket = createConnection(path);
    socket.setTimeout(2_000, () => socket.destroy());
    socket.on('data', (data: Buffer) => (text += data.toString()));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      isDead = error.code === 'ECONNREFUSED' || error.code === 'ENOENT';
    });
    socket.on('close', () => resolve({ isDead, text: text === '' ? undefined : text }));
  });
}
