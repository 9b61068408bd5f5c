import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { waitFor } from '../support/wait-for.ts';

const execute = promisify(execFile);

/** How the image is run: nothing to write to, no capability, little memory, the network of this machine. */
const restrictions = [
  ...['--network', 'host', '--read-only', '--read-only-tmpfs=false', '--no-healthcheck'],
  ...['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--memory', '512m'],
];

/** What is given to a container. */
export interface ContainerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of this machine that is /data in the container. */
  readonly data?: string;
}

/** How a container ended. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly ms: number;
}

/** A container that runs. */
export interface Container {
  /** Its PID 1, as this machine counts. */
  pid(): Promise<number>;
  /** Runs another program in it; answers the exit code. */
  execute(command: readonly string[]): Promise<number>;
  /** Sends SIGTERM to PID 1 and waits for the end. */
  terminate(): Promise<Ended>;
  remove(): Promise<void>;
  log(): string;
}

/** Runs the image with a command, to its end. */
export async function runContainer(
  command: readonly string[],
  options: ContainerOptions = {},
): Promise<Ended> {
  const { ended } = start(command, options);
  return await ended;
}

/** Starts the image with a command, and waits until what is asked of its log or its port is so. */
export async function startContainer(
  command: readonly string[],
  isReady: (log: string) => boolean | Promise<boolean>,
  options: ContainerOptions,
): Promise<Container> {
  const { name, ended, log } = start(command, options);
  let over = false;
  void ended.then(() => (over = true));
  await waitFor(
    async () => {
      if (over) throw new Error(`The container has ended:\n${log()}`);
      return await isReady(log());
    },
    { timeoutMs: 60_000, what: `${command.join(' ')} is ready` },
  );
  return {
    log,
    pid: async () => {
      const { stdout } = await execute('podman', ['inspect', '--format', '{{.State.Pid}}', name]);
      return Number(stdout);
    },
    execute: async (words) =>
      await execute('podman', ['exec', name, ...words]).then(
        () => 0,
        (error: unknown) => (error as { code: number }).code,
      ),
    terminate: async () => {
      const began = Date.now();
      await execute('podman', ['kill', '--signal', 'TERM', name]);
      return { ...(await ended), ms: Date.now() - began };
    },
    remove: async () => {
      if (!over) await execute('podman', ['rm', '--force', '--time', '0', name]);
      await ended;
    },
  };
}

function start(
  command: readonly string[],
  { env = {}, data }: ContainerOptions,
): { readonly name: string; readonly ended: Promise<Ended>; readonly log: () => string } {
  const image = process.env['SLUICE_IMAGE'];
  if (image === undefined) throw new Error('SLUICE_IMAGE is not set: see test/image/run.sh');
  const name = `sluice-${randomBytes(6).toString('hex')}`;
  const began = Date.now();
  const child = spawn('podman', [
    ...['run', '--rm', '--name', name, ...restrictions],
    ...(data === undefined ? [] : ['--volume', `${data}:/data`]),
    ...Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
    ...[image, ...command],
  ]);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (block: Buffer) => (output += block.toString()));
  }
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number | null,
    output,
    ms: Date.now() - began,
  }));
  return { name, ended, log: () => output };
}
