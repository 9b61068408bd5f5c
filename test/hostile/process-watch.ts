import { readFile } from 'node:fs/promises';

const ticksPerSecond = 100;

/** What a process of Linux has used. */
export class ProcessWatch {
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  /** CPU time since its start, of all its threads, in seconds. */
  async cpuSeconds(): Promise<number> {
    const text = await readFile(`/proc/${this.#pid}/stat`, 'utf8');
    // The name in brackets may hold spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
  }

  /** Memory resident now, in MB. */
  async residentMegabytes(): Promise<number> {
    const text = await readFile(`/proc/${this.#pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) / 1024;
  }
}
