import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { StorageDescription, WrittenObject } from '@sluice/storage';

const run = promisify(execFile);

/** What became of a large object. */
export interface StreamedObject {
  readonly written: WrittenObject;
  /** SHA-256 of what was read back, lower-case hex. */
  readonly read: string;
  /** By how much the memory of the process grew at most while it wrote. */
  readonly grownBytes: number;
}

/** Writes an object and reads it back in a process that does nothing else, to see what memory that takes. */
export async function streamInChild(
  description: StorageDescription,
  key: string,
  bytes: number,
): Promise<StreamedObject> {
  const script = join(import.meta.dirname, 'stream-object.mjs');
  const { stdout } = await run(process.execPath, [script], {
    env: { ...process.env, STREAMED: JSON.stringify({ description, key, bytes }) },
  });
  return JSON.parse(stdout) as StreamedObject;
}
