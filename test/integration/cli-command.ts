import { spawn, type ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';
import { checkLog } from '../support/log-secrets.ts';
import { patiently } from '../support/patience.ts';

const bin = resolve('packages/cli/bin/sluice.js');

/** How a command ended and what it wrote. */
export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that runs. */
export interface RunningCommand {
  readonly child: ChildProcess;
  /** Everything written so far, on both streams. */
  readonly output: () => string;
  /** Resolves with the first match; fails when the command ends, or a minute passes, without one. */
  readonly says: (pattern: RegExp, after?: number) => Promise<RegExpExecArray>;
  readonly ended: Promise<Ran>;
}

/** The environment of a command: that of the tests, without what would lead it to the tests' own servers. */
export function commandEnvironment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env = { ...process.env, ...more };
  for (const name of ['DATABASE_URL', 'REDIS_URL', 'PORT', 'BASE_URL', 'FILE_STORAGE_DIR']) {
    if (more[name] === undefined) delete env[name];
  }
  return env;
}

/** Starts `sluice` with arguments. */
export function startSluice(
  args: readonly string[],
  more?: Record<string, string>,
  stdin: 'ignore' | 'pipe' = 'ignore',
): RunningCommand {
  const child = spawn(process.execPath, [bin, ...args], {
    env: commandEnvironment(more),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  if (stdin === 'ignore') child.stdin.end();
  const written = { stdout: '', stderr: '', both: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (block: Buffer) => {
      written[name] += block.toString();
      written.both += block.toString();
    });
  }
  const closed = new Promise<Ran>((done) => {
    child.on('close', (code) => done({ code, stdout: written.stdout, stderr: written.stderr }));
  });
  const ended = closed.then((ran) => {
    checkLog(written.both, more ?? {});
    return ran;
  });
  // Not every test waits for the end.
  ended.catch(() => undefined);
  const says = (pattern: RegExp, after = 0): Promise<RegExpExecArray> =>
    new Promise((done, fail) => {
      const look = (): void => {
        const match = pattern.exec(written.both.slice(after));
        if (match === null) return;
        clearTimeout(limit);
        done(match);
      };
      const missed = (why: string): void => fail(new Error(`${why}: ${pattern}\n${written.both}`));
      const limit = setTimeout(() => missed('not said in time'), patiently(60_000));
      child.stdout.on('data', look);
      child.stderr.on('data', look);
      const over = (): void => {
        clearTimeout(limit);
        missed('ended without saying');
      };
      void ended.then(over, over);
      look();
    });
  return { child, output: () => written.both, says, ended };
}

/** Runs `sluice` to its end. */
export async function runSluice(
  args: readonly string[],
  more?: Record<string, string>,
): Promise<Ran> {
  return await startSluice(args, more).ended;
}
