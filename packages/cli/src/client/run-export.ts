import { CliError, describeError } from '../cli-error.ts';
import { formatBytes, formatCount } from '../format.ts';
import { writeNote } from '../output.ts';
import { showProgress } from '../progress.ts';
import { downloadAll, type DownloadedFile, type DownloadOptions } from './download-all.ts';
import { deleteExport, followExport } from './follow-export.ts';
import { kickOff, type ExportRequest } from './kick-off.ts';
import type { Authorize } from './token-source.ts';

/** An export from kick-off to verified files. */
export interface RunOptions {
  readonly request: ExportRequest;
  readonly folder: string;
  /** Status URL of an export to go on with, instead of starting one. */
  readonly resume?: string | undefined;
  /** Leave the export on the server when interrupted. */
  readonly keep: boolean;
  readonly signal: AbortSignal;
  /** Absent: the server asks for no token. */
  readonly authorize?: Authorize | undefined;
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
  const { request, folder, signal, authorize } = options;
  const startedAt = Date.now();
  const statusUrl = options.resume ?? (await kickOff(request, { signal, authorize }));
  options.onStarted?.(statusUrl);
  try {
    const completed = await following(statusUrl, { signal, authorize });
    const completedAt = Date.now();
    const files = await downloading(completed, { statusUrl, folder, signal, authorize });
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

async function following(statusUrl: string, options: Pick<RunOptions, 'signal' | 'authorize'>) {
  const progress = showProgress('Exporting');
  try {
    const onProgress = (share: number, detail: string): void => progress.update(share, detail);
    const completed = await followExport(statusUrl, { ...options, onProgress });
    const count = completed.manifest.output.reduce((sum, item) => sum + (item.count ?? 0), 0);
    progress.update(1, `${formatCount(count)} resources`);
    return completed;
  } finally {
    progress.stop();
  }
}

async function downloading(
  completed: Awaited<ReturnType<typeof followExport>>,
  options: DownloadOptions,
): Promise<DownloadedFile[]> {
  const progress = showProgress('Downloading');
  try {
    const onProgress = (bytes: number, total: number): void =>
      progress.update(total === 0 ? 0 : bytes / total, formatBytes(bytes));
    const files = await downloadAll(completed, { ...options, onProgress });
    progress.update(1, `${formatCount(files.length)} files verified`);
    return files;
  } finally {
    progress.stop();
  }
}

async function afterInterruption(
  { keep, authorize }: RunOptions,
  statusUrl: string,
): Promise<CliError> {
  if (keep) return new CliError(`Interrupted. Go on with: --resume ${statusUrl}`);
  try {
    await deleteExport(statusUrl, authorize);
    return new CliError('Interrupted; the export was deleted on the server.');
  } catch (error) {
    writeNote(`The export is still on the server: ${describeError(error)}`);
    return new CliError(`Interrupted. Delete it with: sluice cancel ${statusUrl}`);
  }
}
