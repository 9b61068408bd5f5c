import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';

const maxLogBytes = 32 * 1024 * 1024;

/** The log of one start of a process. */
export interface LogFile {
  readonly path: string;
  readonly fd: number;
  /** The last lines written since this start. */
  tail(): string;
  /** Closes our end, once the process has its own. */
  close(): void;
}

/** Opens `<dataDir>/logs/<name>.log` for appending; a large one makes way first. */
export function openLog(dataDir: string, name: string): LogFile {
  const folder = join(dataDir, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, `${name}.log`);
  if (sizeOf(path) > maxLogBytes) renameSync(path, `${path}.1`);
  const from = sizeOf(path);
  const fd = openSync(path, 'a', 0o600);
  return {
    path,
    fd,
    tail: () => readFileSync(path).subarray(from).subarray(-4000).toString().trim(),
    close: () => closeSync(fd),
  };
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}
