import { load, type LoadSummary } from '@sluice/loader';
import { analyzeStore, type Pool } from '@sluice/postgres';
import { describeUnresolved } from './describe-unresolved.ts';
import { formatCount, formatTable } from './format.ts';
import { writeNote } from './output.ts';
import { showProgress } from './progress.ts';

/** What to load. */
export interface LoadRequest {
  readonly pool: Pool;
  readonly paths: readonly string[];
  readonly stamp: boolean;
  /** Names of the store that are not noted in it yet. */
  readonly bases?: readonly string[] | undefined;
  readonly signal: AbortSignal;
}

/** Loads files with a progress display; faults go to stderr as `file:line: message`. */
export async function loadIntoStore(request: LoadRequest): Promise<LoadSummary> {
  const { pool, paths, stamp, bases, signal } = request;
  const progress = showProgress('Loading');
  const faults: string[] = [];
  try {
    const summary = await load({
      pool,
      paths,
      stamp,
      bases,
      onProgress: ({ bytesRead, bytesTotal, resources }) => {
        signal.throwIfAborted();
        const share = bytesTotal === 0 ? 1 : bytesRead / bytesTotal;
        progress.update(share, `${formatCount(resources)} resources`);
      },
      onProblem: ({ file, line, message }) => {
        const fault = line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`;
        // A line printed into a bar that is being drawn would be lost.
        if (process.stderr.isTTY) faults.push(fault);
        else writeNote(fault);
      },
    });
    progress.update(
      1,
      `${formatCount(summary.resources + summary.unchanged + summary.deleted)} resources`,
    );
    await analyzeStore(pool);
    return summary;
  } finally {
    progress.stop();
    faults.forEach(writeNote);
  }
}

/** A load as text. */
export function describeLoad(summary: LoadSummary): string {
  const types = Object.entries(summary.byType).sort(([a], [b]) => (a < b ? -1 : 1));
  const { resources, unchanged, deleted, problems, files, keptOldStamps } = summary;
  const lines = [
    formatTable([['type', 'read'], ...types.map(([type, count]) => [type, formatCount(count)])]),
    '',
    `${formatCount(files)} files: ${formatCount(resources)} stored, ${formatCount(unchanged)} unchanged, ${formatCount(deleted)} deleted, ${formatCount(problems)} faults`,
  ];
  lines.push(...describeUnresolved(summary.unresolved));
  if (summary.unresolvedIsCut) {
    lines.push('Not every reference was looked up; sluice check looks at all of them.');
  }
  if (keptOldStamps !== undefined) {
    const { count, transactionTime } = keptOldStamps;
    lines.push(
      `${formatCount(count)} resources keep a lastUpdated that is not after the last export (${transactionTime}): an export _since then leaves them out. Load with --stamp to avoid it.`,
    );
  }
  return lines.join('\n');
}
