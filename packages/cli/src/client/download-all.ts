import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadFile } from './download-file.ts';
import { followExport, type Completed, type ManifestItem } from './follow-export.ts';
import { planFiles, type FileKind } from './plan-files.ts';
import type { Authorize } from './token-source.ts';

/** A file that was downloaded and verified. */
export interface DownloadedFile {
  readonly kind: FileKind;
  readonly type: string;
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

/** What to download, and where to. */
export interface DownloadOptions {
  readonly statusUrl: string;
  readonly folder: string;
  readonly parallel?: number;
  readonly signal?: AbortSignal | undefined;
  readonly authorize?: Authorize | undefined;
  readonly onProgress?: (bytes: number, bytesTotal: number) => void;
}

/** Downloads every file of an export, several at a time, verifies each, and writes `manifest.json` at the end. */
export async function downloadAll(
  completed: Completed,
  options: DownloadOptions,
): Promise<DownloadedFile[]> {
  const { folder, parallel = 4, signal, onProgress } = options;
  // A token is not for whoever did not ask for it. SPEC E-008
  const authorize = completed.manifest.requiresAccessToken ? options.authorize : undefined;
  await mkdir(folder, { recursive: true });
  const planned = planFiles(completed.manifest);
  const bytesTotal = planned.reduce((sum, { item }) => sum + (factsOf(item).size ?? 0), 0);
  let bytes = 0;
  const urls = new CurrentUrls(completed, options);
  const files: DownloadedFile[] = [];
  const queue = planned.entries();
  const failed = new AbortController();
  const stop = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const work = async (): Promise<void> => {
    for (const [index, { kind, item, name }] of queue) {
      stop.throwIfAborted();
      const { size, sha256 } = factsOf(item);
      const gzip = name.endsWith('.gz');
      const stored = await downloadFile({
        path: join(folder, name),
        expected: { count: item.count, size, sha256, gzip },
        url: (refresh) => urls.find(index, refresh),
        signal: stop,
        authorize,
        onBytes: (count) => onProgress?.((bytes += count), bytesTotal),
      });
      files[index] = { kind, type: item.type, name, count: item.count ?? 0, bytes: stored };
    }
  };
  await Promise.all(
    Array.from({ length: parallel }, () =>
      work().catch((error: unknown) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  await writeFile(join(folder, 'manifest.json'), completed.text);
  return files;
}

/** Every poll gives fresh URLs for the same files in the same order. */
class CurrentUrls {
  #urls: readonly string[];
  readonly #options: DownloadOptions;
  #renewal: Promise<void> | undefined;

  constructor(completed: Completed, options: DownloadOptions) {
    this.#urls = urlsOf(completed);
    this.#options = options;
  }

  async find(index: number, refresh: boolean): Promise<string> {
    if (refresh) await (this.#renewal ??= this.#renew());
    return this.#urls[index] ?? '';
  }

  async #renew(): Promise<void> {
    const { statusUrl, signal, authorize } = this.#options;
    this.#urls = urlsOf(await followExport(statusUrl, { signal, authorize }));
    this.#renewal = undefined;
  }
}

function urlsOf(completed: Completed): string[] {
  return planFiles(completed.manifest).map(({ item }) => item.url);
}

function factsOf(item: ManifestItem): { size?: number | undefined; sha256?: string | undefined } {
  return item.extension?.['urn:sluice:output-file'] ?? {};
}
