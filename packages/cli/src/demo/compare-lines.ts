import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** How two folders of NDJSON files differ, line by line, in whatever files and order the lines are. */
export interface Difference {
  /** Lines of the first folder that the second has not, as often as they are missing. */
  readonly missing: readonly string[];
  /** Lines of the second folder that the first has not. */
  readonly unexpected: readonly string[];
  /** Lines compared. */
  readonly lines: number;
}

/**
 * Compares all lines, byte for byte, of the NDJSON files in two folders. Files are read whole, so it is for small amounts
 * of data; it shares no code with what wrote them.
 */
export async function compareLines(expected: string, found: string): Promise<Difference> {
  const left = await readLines(expected);
  const right = await readLines(found);
  const missing: string[] = [];
  const unexpected: string[] = [];
  let lines = 0;
  while (left.length > 0 || right.length > 0) {
    const a = left.at(-1);
    const b = right.at(-1);
    if (a !== undefined && (b === undefined || a.key > b.key)) missing.push(nameOf(left.pop()));
    else if (b !== undefined && (a === undefined || b.key > a.key)) {
      unexpected.push(nameOf(right.pop()));
    } else {
      left.pop();
      right.pop();
      lines += 1;
    }
  }
  return { missing, unexpected, lines };
}

interface Line {
  readonly key: string;
  readonly head: string;
}

async function readLines(folder: string): Promise<Line[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ndjson'));
  const lines: Line[] = [];
  for (const name of names) {
    const text = await readFile(join(folder, name), 'utf8');
    for (const line of text.split('\n')) {
      if (line === '') continue;
      const key = createHash('sha256').update(line).digest('hex');
      lines.push({ key, head: line.slice(0, 120) });
    }
  }
  return lines.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function nameOf(line: Line | undefined): string {
  const match = /"resourceType":"([A-Za-z]+)","id":"([^"]+)"/.exec(line?.head ?? '');
  return match ? `${match[1]}/${match[2]}` : (line?.head ?? '');
}
