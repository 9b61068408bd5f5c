import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { waitFor } from '../support/wait-for.ts';

/** A server as a process of its own. */
export interface ServerProcess {
  /** Ends it by force: its data are the test's. Harmless twice. */
  stop(): Promise<void>;
  /** What it has written so far, on both streams. */
  log(): string;
}

/** What to run, and how to tell that it serves. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it serves by now; a rejection means not yet. */
  readonly isReady: () => Promise<boolean>;
}

/** A shell that ends the server as soon as its standard input closes, by `stop` or because we are gone. */
const guard = '"$@" </dev/null & server=$!; read -r _; kill -9 $server; wait $server';

/** Runs a server and waits until it serves. It ends when this process does, however that comes about. */
export async function runServer(command: ServerCommand): Promise<ServerProcess> {
  const { program, args, env, isReady } = command;
  const child = spawn('sh', ['-c', guard, 'sh', program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (block: Buffer) => (text = (text + block.toString()).slice(-100_000)));
  }
  const ended = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  try {
    await waitFor(() => isReady().catch(() => false), { timeoutMs: 20_000, what: program });
  } catch (error) {
    await stop();
    throw new Error(`${program} did not start:\n${text.slice(-4000)}`, { cause: error });
  }
  return { stop, log: () => text };
}
