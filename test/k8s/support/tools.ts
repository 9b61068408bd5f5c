import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/** Root of the repository. */
export const repository = resolve(__dirname, '../../..');

/** Where `install.sh` has put its tools. */
export const toolFolder = join(
  process.env['SLUICE_CACHE'] ?? join(homedir(), '.cache', 'sluice'),
  'k8s',
);

/** How a program ended. */
export interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program by its name in the tool folder, or on the PATH; never throws for its exit code. */
export async function run(
  program: string,
  args: readonly string[],
  options: { readonly input?: string } = {},
): Promise<Run> {
  const own = ['kubectl', 'kube-apiserver', 'hadolint', 'compose-check'].includes(program);
  const file = own ? join(toolFolder, 'bin', program) : program;
  return await new Promise((done, fail) => {
    const child = execFile(
      file,
      args,
      { cwd: repository, maxBuffer: 1 << 26, encoding: 'utf8' },
      (error, stdout, stderr) => {
        const code = error ? error.code : 0;
        if (typeof code === 'number') done({ code, stdout, stderr });
        else fail(new Error(`${program} did not run`, { cause: error }));
      },
    );
    child.stdin?.end(options.input ?? '');
  });
}
