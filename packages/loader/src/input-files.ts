import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createReadStream, createWriteStream } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GzipError } from './inflate.ts';
import type { LoadProblem } from './load-problem.ts';
import { isNamedManifest, readManifest } from './manifest-files.ts';
import { UnreadableError } from './recognize-bytes.ts';
import { walkFolder } from './walk-folder.ts';

/** A file to load. */
export interface InputFile {
  path: string;
  /** What it is called in messages; its ending may say what it is. */
  name: string;
  /** Its size on disk. */
  bytes: number;
}

/** Something in a folder that is not loaded, going by its name. */
export interface SkippedFile {
  file: string;
  reason: string;
}

/** What paths stand for. */
export interface InputFiles {
  files: InputFile[];
  skipped: SkippedFile[];
  /** Removes copies of what could only be read once. */
  dispose(): Promise<void>;
}

/** The path that stands for standard input. */
const standardInput = '-';

/**
 * Resolves paths to files: a file stands for itself whatever its name, a manifest for the files it lists, a folder for the files that
 * `walkFolder` finds in it. Standard input (`-`) and named pipes are copied to a temporary file, because a Bundle is read twice.
 */
export async function findInputFiles(
  paths: readonly string[],
  onProblem: (problem: LoadProblem) => void,
): Promise<InputFiles> {
  const found = new FoundFiles(onProblem);
  for (const path of paths) {
    try {
      await found.add(path);
    } catch (error) {
      found.report(path, describeReadError(error) ?? String(error));
    }
  }
  return found;
}

class FoundFiles implements InputFiles {
  readonly files: InputFile[] = [];
  readonly skipped: SkippedFile[] = [];
  readonly #onProblem: (problem: LoadProblem) => void;
  #copies: string | undefined;

  constructor(onProblem: (problem: LoadProblem) => void) {
    this.#onProblem = onProblem;
  }

  report(file: string, message: string): void {
    this.#onProblem({ file, line: undefined, message });
  }

  async add(path: string): Promise<void> {
    if (path === standardInput) {
      await this.#copy(process.stdin, 'standard input');
      return;
    }
    const status = await stat(path);
    if (status.isDirectory()) await this.#addFolder(path);
    else if (!status.isFile()) await this.#copy(createReadStream(path), path);
    else if (isNamedManifest(path)) await this.#addManifest(path, status.size);
    else this.files.push({ path, name: path, bytes: status.size });
  }

  async #addFolder(folder: string): Promise<void> {
    const before = this.files.length;
    await walkFolder(folder, {
      onFile: ({ path, bytes }) => this.files.push({ path, name: path, bytes }),
      onSkipped: (file, reason) => this.skipped.push({ file, reason }),
      onFault: (path, error) => {
        this.report(path, describeReadError(error) ?? String(error));
      },
    });
    if (this.files.length === before) this.report(folder, 'no file to load in this folder');
  }

  async #addManifest(path: string, bytes: number): Promise<void> {
    const listed = await readManifest(path, bytes);
    if (listed === undefined) {
      this.files.push({ path, name: path, bytes });
      return;
    }
    for (const item of listed) {
      try {
        if ('problem' in item) this.report(path, item.problem);
        else if ('skipped' in item) this.skipped.push({ file: item.skipped, reason: item.reason });
        else if ('path' in item) await this.add(item.path);
        else await this.#copy(await item.open(), item.name);
      } catch (error) {
        const place = 'path' in item ? item.path : path;
        this.report(place, describeReadError(error) ?? String(error));
      }
    }
  }

  async #copy(from: Readable, name: string): Promise<void> {
    this.#copies ??= await mkdtemp(join(tmpdir(), 'sluice-load-'));
    const path = join(this.#copies, String(this.files.length));
    await pipeline(from, createWriteStream(path, { mode: 0o600 }));
    const { size } = await stat(path);
    this.files.push({ path, name, bytes: size });
  }

  async dispose(): Promise<void> {
    if (this.#copies !== undefined) await rm(this.#copies, { recursive: true, force: true });
  }
}

/** Says in words why a file cannot be read to its end; `undefined` if that is not what went wrong. */
export function describeReadError(error: unknown): string | undefined {
  if (error instanceof GzipError || error instanceof UnreadableError) return error.message;
  const isOfSystem = typeof error === 'object' && error !== null && 'syscall' in error;
  return isOfSystem ? describeFileError(error) : undefined;
}

function describeFileError(error: object): string {
  const code = 'code' in error ? error.code : '';
  switch (code) {
    case 'ENOENT':
      return 'no such file or folder';
    case 'EACCES':
    case 'EPERM':
      return 'no permission to read it';
    case 'ELOOP':
      return 'a link that leads to itself';
    default:
      return `it cannot be read (${String(code)})`;
  }
}
