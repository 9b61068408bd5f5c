import { load, type LoadProblem, type LoadSummary, type ProblemGroup } from '@sluice/loader';
import { analyzeStore, type Pool } from '@sluice/postgres';
import { CliError, exitCodes } from './cli-error.ts';
import { describeUnresolved } from './describe-unresolved.ts';
import { formatCount, formatTable } from './format.ts';
import { LoadRate } from './load-rate.ts';
import { ProblemsFile } from './problems-file.ts';
import { showProgress } from './progress.ts';

/** What to load. */
export interface LoadRequest {
  readonly pool: Pool;
  readonly paths: readonly string[];
  readonly stamp: boolean;
  /** Names of the store that are not noted in it yet. */
  readonly bases?: readonly string[] | undefined;
  /** Versions and stamps of odd form are taken for what they mean. */
  readonly lenient?: boolean | undefined;
  /** Conditional references are written as what they lead to. */
  readonly resolve?: boolean | undefined;
  /** What is older than what is stored replaces it. */
  readonly overwrite?: boolean | undefined;
  /** What is passed over in folders is a problem. */
  readonly strict?: boolean | undefined;
  /** Where every problem is written to, as NDJSON. */
  readonly problemsFile?: string | undefined;
  readonly signal: AbortSignal;
}

/**
 * Loads files with a progress display. Throws a `CliError` that says how far it came when it is interrupted or cannot go on: what is in stays,
 * and running it again is safe.
 */
export async function loadIntoStore(request: LoadRequest): Promise<LoadSummary> {
  const { signal, problemsFile, ...options } = request;
  const problems = problemsFile === undefined ? undefined : new ProblemsFile(problemsFile);
  const progress = showProgress('Loading');
  const rate = new LoadRate();
  let reached = 'before anything was read';
  try {
    const summary = await load({
      ...options,
      onProgress: ({ bytesRead, bytesTotal, resources }) => {
        const share = bytesTotal === 0 ? 1 : bytesRead / bytesTotal;
        reached = `at ${Math.floor(100 * share)}%, with ${formatCount(resources)} resources in`;
        signal.throwIfAborted();
        progress.update(share, rate.describe(resources, share));
      },
      onProblem: (problem) => problems?.add(problem),
    });
    const { resources, unchanged, deleted, older } = summary;
    progress.update(1, `${formatCount(resources + unchanged + deleted + older)} resources`);
    if (resources + deleted > 0) await analyzeStore(request.pool);
    return summary;
  } catch (cause) {
    const what = signal.aborted ? 'Interrupted' : 'It could not go on';
    const advice = 'What is in stays; running it again is safe';
    const message = `${what} ${reached}. ${advice}`;
    // That somebody pressed a key does not have to be explained.
    throw signal.aborted
      ? new CliError(`${message}.`)
      : new CliError(message, exitCodes.failed, { cause });
  } finally {
    progress.stop();
    problems?.close();
  }
}

/** What was not loaded, as lines for stderr: the problems by kind, then what was passed over. */
export function describeProblems({ problemGroups, skipped }: LoadSummary): string[] {
  const shown = skipped.slice(0, 20).map(({ file, reason }) => `skipped ${file}: ${reason}`);
  const hidden = skipped.length - shown.length;
  return [
    ...problemGroups.flatMap(describeGroup),
    ...shown,
    ...(hidden > 0 ? [`skipped ${formatCount(hidden)} more (--json lists them)`] : []),
  ];
}

function describeGroup({ kind, count, places }: ProblemGroup): string[] {
  const lines = places.map(describeProblem);
  if (count <= places.length) return lines;
  return [
    `${formatCount(count)} times: ${kind}`,
    ...lines.map((line) => `  ${line}`),
    `  and ${formatCount(count - places.length)} more (--problems FILE lists all)`,
  ];
}

function describeProblem({ file, line, message }: LoadProblem): string {
  return line === undefined ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

/** A load as text. */
export function describeLoad(summary: LoadSummary): string {
  const types = Object.entries(summary.byType).sort(([a], [b]) => (a < b ? -1 : 1));
  const { resources, unchanged, deleted, older, problems, skipped, files } = summary;
  const { keptOldStamps, keptFutureStamps } = summary;
  const lines = [
    formatTable([['type', 'read'], ...types.map(([type, count]) => [type, formatCount(count)])]),
    '',
    `${formatCount(files)} files: ${formatCount(resources)} stored, ${formatCount(unchanged)} unchanged, ${formatCount(deleted)} deleted, ${formatCount(older)} older, ${formatCount(skipped.length)} skipped, ${formatCount(problems)} faults`,
  ];
  lines.push(...describeUnresolved(summary.unresolved));
  if (summary.unresolvedIsCut) {
    lines.push('Not every reference was looked up; sluice check looks at all of them.');
  }
  if (unchanged > 0) {
    lines.push('References of what is unchanged may not be counted; sluice check looks at all.');
  }
  if (older > 0) {
    lines.push(
      `${formatCount(older)} resources are older than what is stored, which was kept. Load with --overwrite to replace it.`,
    );
  }
  if (keptOldStamps !== undefined) {
    const { count, transactionTime } = keptOldStamps;
    lines.push(
      `${formatCount(count)} resources keep a lastUpdated that is not after the last export (${transactionTime}): an export _since then leaves them out. Load with --stamp to avoid it.`,
    );
  }
  if (keptFutureStamps !== undefined) {
    const { count, latest } = keptFutureStamps;
    lines.push(
      `${formatCount(count)} resources keep a lastUpdated that is still to come (up to ${latest}): they are in every export _since until then. Load with --stamp to avoid it.`,
    );
  }
  return lines.join('\n');
}
