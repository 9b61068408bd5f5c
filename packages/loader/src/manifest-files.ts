import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { UnreadableError } from './recognize-bytes.ts';

/** What a manifest lists: a file that is here, one to be fetched, or something that is not loaded. */
export type ListedFile =
  | { path: string }
  | { name: string; open: () => Promise<Readable> }
  | { skipped: string; reason: string }
  | { problem: string };

/** Far more than a manifest of ten thousand files needs. */
const maxBytes = 64 * 1024 * 1024;

/** Says whether a file named by itself may be a manifest. */
export function isNamedManifest(path: string): boolean {
  return /manifest[^/]*\.json$/i.test(basename(path));
}

/**
 * Reads the manifest of an export (https://hl7.org/fhir/uv/bulkdata/export.html#response---complete-status): the files of `output`, then those of
 * `deleted`. A name is that of a file beside the manifest; a URL stands for the file of that name beside it, or is fetched. `undefined` if it is no manifest.
 */
export async function readManifest(path: string, bytes: number): Promise<ListedFile[] | undefined> {
  if (bytes > maxBytes) return undefined;
  const manifest = parse(await readFile(path, 'utf8'));
  const output = manifest?.['output'];
  if (manifest === undefined || 'resourceType' in manifest || !Array.isArray(output)) {
    return undefined;
  }
  const { deleted, error, link } = manifest;
  const listed = [...urlsOf(output), ...urlsOf(deleted)].map((url) => locate(url, dirname(path)));
  const errors = urlsOf(error).map((url) => ({
    skipped: url,
    reason: 'errors of an export, which are no data',
  }));
  const hasMore =
    Array.isArray(link) && link.some((each) => isObject(each) && each['relation'] === 'next');
  const more = hasMore ? [{ problem: 'the manifest has further pages, which are not loaded' }] : [];
  return [...listed, ...errors, ...more];
}

function locate(url: string, folder: string): ListedFile {
  const isRemote = /^https?:\/\//i.test(url);
  const name = isRemote ? nameOf(url) : url;
  const isInside = name !== '' && !name.startsWith('/') && !name.split(/[/\\]/).includes('..');
  if (!isRemote) {
    if (!isInside)
      return { problem: `the manifest lists ${JSON.stringify(url)}, outside its folder` };
    return { path: join(folder, name) };
  }
  const beside = join(folder, name);
  if (isInside && existsSync(beside)) return { path: beside };
  return { name: url, open: () => fetchFile(url) };
}

function nameOf(url: string): string {
  return URL.canParse(url) ? (new URL(url).pathname.split('/').at(-1) ?? '') : '';
}

async function fetchFile(url: string): Promise<Readable> {
  try {
    const response = await fetch(url, { headers: { accept: 'application/fhir+ndjson' } });
    if (response.ok && response.body !== null) {
      return Readable.fromWeb(response.body);
    }
    throw new Error(`it answered ${response.status}`);
  } catch (error) {
    const { message, cause } = error as Error;
    const reason = cause instanceof Error ? cause.message : message;
    throw new UnreadableError(
      `${url} cannot be fetched (${reason}): download it with sluice export and load the folder`,
      { cause: error },
    );
  }
}

function urlsOf(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => {
    const url = isObject(item) ? item['url'] : undefined;
    return typeof url === 'string' ? [url] : [];
  });
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
