import { setTimeout as wait } from 'node:timers/promises';
import { CliError } from '../cli-error.ts';
import { ask, refusal, retryAfterMs, type Answer } from './ask.ts';
import type { Authorize } from './token-source.ts';

/** A file as a manifest lists it. */
export interface ManifestItem {
  readonly type: string;
  readonly url: string;
  readonly count?: number;
  readonly extension?: {
    readonly 'urn:sluice:output-file'?: { readonly size?: number; readonly sha256?: string };
  };
}

/** The result of an export, of this server or another. */
export interface ReceivedManifest {
  readonly transactionTime: string;
  readonly requiresAccessToken?: boolean;
  readonly output: readonly ManifestItem[];
  readonly deleted?: readonly ManifestItem[];
  readonly error?: readonly ManifestItem[];
}

/** A manifest as read, and as it came. */
export interface Completed {
  readonly manifest: ReceivedManifest;
  readonly text: string;
}

const firstPauseMs = 100;

/**
 * Polls until the export is over: quickly at first, then as slowly as the server's Retry-After asks.
 *
 * @throws CliError with what the server said when the export failed or is gone
 */
export async function followExport(
  statusUrl: string,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((share: number, detail: string) => void) | undefined;
    readonly authorize?: Authorize | undefined;
  } = {},
): Promise<Completed> {
  const { signal, onProgress, authorize } = options;
  for (let pauseMs = firstPauseMs; ; pauseMs *= 2) {
    const answer = await ask(statusUrl, { signal, authorize });
    const completed = completedOf(answer);
    if (completed !== undefined) return completed;
    const progress = answer.headers.get('X-Progress') ?? '';
    const percent = /\d+(\.\d+)?/.exec(progress);
    onProgress?.(percent ? Number(percent[0]) / 100 : 0, progress.replace(/^\d+%\s*/, ''));
    pauseMs = Math.min(pauseMs, retryAfterMs(answer.headers) ?? 5000);
    await wait(Math.max(firstPauseMs, pauseMs), undefined, signal ? { signal } : {});
  }
}

/** The manifest of an answer about an export; `undefined` while it runs. */
export function completedOf(answer: Answer): Completed | undefined {
  if (answer.status === 202) return undefined;
  if (answer.status !== 200) throw refusal('The export did not complete', answer);
  try {
    const manifest = JSON.parse(answer.text) as ReceivedManifest;
    if (Array.isArray(manifest.output)) return { manifest, text: answer.text };
  } catch (error) {
    throw new CliError('The manifest is not JSON.', undefined, { cause: error });
  }
  throw new CliError('The server answered something that is no manifest.');
}

/** Cancels an export, or removes the files of one that is over. */
export async function deleteExport(statusUrl: string, authorize?: Authorize): Promise<void> {
  const signal = AbortSignal.timeout(15_000);
  const answer = await ask(statusUrl, { method: 'DELETE', signal, authorize });
  if (answer.status >= 300) throw refusal('The export was not deleted', answer);
}
