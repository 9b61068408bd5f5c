import { CliError, describeError } from '../cli-error.ts';
import { formatBytes, formatCount } from '../format.ts';
import { writeNote } from '../output.ts';
import { showProgress } from '../progress.ts';
import { downloadAll, type DownloadedFile } from './download-all.ts';
import { deleteExport, followExport } from './follow-export.ts';
import { kickOff, type ExportRequest } from './kick-off.ts';

/** An export from kick-off to verified files. */
export interface RunOptions {
  readonly request: ExportRequest;
  readonly folder: string;
  /** Status URL of an export to go on with, instead of starting one. */
  readonly resume?: string | undefined;
  /** Leave the export on the server when interrupted. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  readonly onStarted?: (statusUrl: string) => void;
}

/** What came of it. */
export interface ExportResult {
  readonly statusUrl: string;
  readonly transactionTime: string;
  readonly files: readonly DownloadedFile[];
  readonly exportMs: number;
  readonly downloadMs: number;
}

/** Starts or takes up an export, follows it, downloads its files and verifies them. */
export async function runExport(options: RunOptions): Promise<ExportResult> {
  const { request, folder, signal } = options;
  const startedAt = Date.now();
  const statusUrl = options.resume ?? (await kickOff(request, signal));
  options.onStarted?.(statusUrl);
  try {
    const completed = await following(statusUrl, signal);
    const completedAt = Date.now();
    const files = await downloading(completed, statusUrl, folder, signal);
    return {
      statusUrl,
      transactionTime: completed.manifest.transactionTime,
      files,
      exportMs: completedAt - startedAt,
      downloadMs: Date.now() - completedAt,
    };
  } catch (error) {
    if (!signal.aborted) throw error;
    throw await afterInterruption(options, statusUrl);
  }
}

async function following(statusUrl: string, signal: AbortSignal) {
  const progress = showProgress('Exporting');
  try {
    const onProgress = (share: number, detail: string): void => progress.update(share, detail);
    const completed = await followExport(statusUrl, { signal, onProgress });
    const count = completed.manifest.output.reduce((sum, item) => sum + (item.count ?? 0), 0);
    progress.update(1, `${formatCount(count)} resources`);
    return completed;
  } finally {
    progress.stop();
  }
}

async function downloading(
  completed: Awaited<ReturnType<typeof followExport>>,
  statusUrl: string,
  folder: string,
  signal: AbortSignal,
): Promise<DownloadedFile[]> {
  const progress = showProgress('Downloading');
  try {
    const onProgress = (bytes: number, total: number): void =>
      progress.update(total === 0 ? 0 : bytes / total, formatBytes(bytes));
    const files = await downloadAll(completed, { statusUrl, folder, signal, onProgress });
    progress.update(1, `${formatCount(files.length)} files verified`);
    return files;
  } finally {
    progress.stop();
  }
}

async function afterInterruption({ keep }: RunOptions, statusUrl: string): Promise<CliError> {
  if (keep) return new CliError(`Interrupted. Go on with: --resume ${statusUrl}`);
  try {
    await deleteExport(statusUrl);
    return new CliError('Interrupted; the export was deleted on the server.');
  } catch (error) {
    writeNote(`The export is still on the server: ${describeError(error)}`);
    return new CliError(`Interrupted. Delete it with: sluice cancel ${statusUrl}`);
  }
}
