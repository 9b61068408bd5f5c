import { fileAccess, type ExportSummary, type OutputFile } from '@sluice/export';
import { extendExpiry } from '@sluice/postgres';
import { errorFacts } from '@sluice/runtime';
import type { OutputStore } from '@sluice/storage';
import type { Dependencies } from './dependencies.ts';
import { fileUrl, signedFileUrl } from './file-url.ts';

/** Signatures that are asked for at once: with workload identity each can be a request to the provider. */
const signersAtOnce = 16;

/** URL of an output file by its name. */
export type OutputFileUrls = ReadonlyMap<string, string>;

/**
 * How the output files of an export are reached now: by the API with a token, or by a URL that works by
 * itself for SIGNED_URL_TTL, the store's own where it has such.
 */
export async function outputFileUrls(
  deps: Dependencies,
  found: ExportSummary,
  files: readonly OutputFile[],
): Promise<OutputFileUrls> {
  const { settings, baseUrl } = deps;
  const each = (urlOf: (name: string) => string): OutputFileUrls =>
    new Map(files.map(({ name }) => [name, urlOf(name)]));
  if (fileAccess(settings) === 'token') {
    return each((name) => fileUrl(baseUrl, { exportId: found.id, name }));
  }
  const expiresAt = new Date(deps.now() + settings.SIGNED_URL_TTL);
  const store = deps.storage.store();
  if (store.signUrl) {
    await keepForDownload(deps, found.id);
    return await signAll(store, found, files, expiresAt);
  }
  const key = await deps.urlKey();
  const expires = Math.floor(expiresAt.getTime() / 1000);
  return each((name) => signedFileUrl(baseUrl, key, { exportId: found.id, name }, expires));
}

/** Files without lines are in no manifest, so nobody needs their URLs. */
async function signAll(
  store: OutputStore,
  { folder }: ExportSummary,
  files: readonly OutputFile[],
  expiresAt: Date,
): Promise<OutputFileUrls> {
  const urls = new Map<string, string>();
  const waiting = files.filter(({ count }) => count > 0).values();
  const sign = async (): Promise<void> => {
    // One iterator for all: each takes the next file.
    for (const { name } of waiting) {
      urls.set(name, (await store.signUrl?.(`${folder}/${name}`, expiresAt)) ?? '');
    }
  };
  await Promise.all(Array.from({ length: signersAtOnce }, sign));
  return urls;
}

/**
 * Downloads from the store are not seen here, so the files stay for as long as the URLs work: a little
 * longer than that, since an expiry is put off by steps.
 */
async function keepForDownload(
  { pool, settings, log }: Dependencies,
  exportId: string,
): Promise<void> {
  try {
    await extendExpiry(pool, exportId, 1.2 * settings.SIGNED_URL_TTL);
  } catch (error) {
    log.warn('expiry not extended', { exportId, ...errorFacts(error) });
  }
}
