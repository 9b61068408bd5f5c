import { lineFault } from './line-fault.ts';
import type { LineOutput } from './line-output.ts';
import type { CompiledLineWork } from './line-work.ts';

/** What became of some lines, but for those that went into the output. */
export interface LinesDone {
  /** Lines that were not written: filtered out, or at fault. */
  readonly leftOut: number;
  /** An OperationOutcome for each line at fault, as NDJSON. */
  readonly faults: string;
  /** Ids of the lines that were written, where they are to be reported. */
  readonly ids: readonly string[];
}

/** Works on whole lines of resources of one type. A line at fault is left out and told of; the others are done all the same. */
export function workOnLines(
  type: string,
  work: CompiledLineWork,
  lines: Buffer,
  output: LineOutput,
): LinesDone {
  let leftOut = 0;
  let faults = '';
  const ids: string[] = [];
  for (let start = 0, end = 0; start < lines.length; start = end + 1) {
    end = lines.indexOf(0x0a, start);
    if (end < 0) throw new Error('the last line has no end');
    const line = lines.subarray(start, end);
    const worked = attempt(work, line, (error) => (faults += lineFault(type, line, error)));
    if (worked === undefined) {
      leftOut += 1;
    } else {
      output.add(worked.line);
      if (worked.id !== undefined) ids.push(worked.id);
    }
  }
  return { leftOut, faults, ids };
}

function attempt(
  work: CompiledLineWork,
  line: Buffer,
  onFault: (error: unknown) => void,
): ReturnType<CompiledLineWork> {
  try {
    return work(line);
  } catch (error) {
    onFault(error);
    return undefined;
  }
}
