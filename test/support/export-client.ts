import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { patiently } from './patience.ts';

/** One file of a manifest, as a client sees it. */
export interface ManifestItem {
  readonly type: string;
  readonly url: string;
  readonly count: number;
  readonly extension: {
    readonly 'urn:sluice:output-file': { readonly size: number; readonly sha256: string };
  };
}

/** The answer of a completed export. */
export interface Manifest {
  readonly transactionTime: string;
  readonly request: string;
  readonly requiresAccessToken: boolean;
  readonly output: readonly ManifestItem[];
  readonly deleted?: readonly ManifestItem[];
  readonly error: readonly ManifestItem[];
}

/** A Parameters resource for a kick-off by POST. */
export interface Parameters {
  readonly resourceType: 'Parameters';
  readonly parameter: readonly object[];
}

/** `Prefer` of a request that goes on without what is faulty. */
export const lenient = 'respond-async, handling=lenient';

/** Kicks off, by POST when there is a body, and gives the bare answer. */
export async function kickOff(
  base: string,
  path: string,
  body?: Parameters,
  prefer = 'respond-async',
): Promise<Response> {
  const headers = { accept: 'application/fhir+json', prefer };
  if (body === undefined) return await fetch(base + path, { headers });
  return await fetch(base + path, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/fhir+json' },
    body: JSON.stringify(body),
  });
}

/** Kicks off and gives the status URL; throws unless the answer is 202. */
export async function begin(
  base: string,
  path = '/$export',
  body?: Parameters,
  prefer?: string,
): Promise<string> {
  const answer = await kickOff(base, path, body, prefer);
  const text = await answer.text();
  if (answer.status !== 202) throw new Error(`kick-off ${path}: ${answer.status} ${text}`);
  return answer.headers.get('content-location') ?? '';
}

/** Polls until the export is over; throws when it ends in anything but a manifest. */
export async function finished(statusUrl: string, limitMs = 60_000): Promise<Manifest> {
  const answer = await over(statusUrl, limitMs);
  const text = await answer.text();
  if (answer.status !== 200) throw new Error(`the export ended in ${answer.status} ${text}`);
  return JSON.parse(text) as Manifest;
}

/** Polls until the answer is something else than "still running", and gives it. */
export async function over(statusUrl: string, limitMs = 60_000): Promise<Response> {
  const deadline = Date.now() + patiently(limitMs);
  for (;;) {
    const answer = await fetch(statusUrl).catch(() => undefined);
    if (answer !== undefined && ![202, 429, 503].includes(answer.status)) return answer;
    const progress = answer?.headers.get('x-progress') ?? 'no answer';
    await answer?.body?.cancel();
    if (Date.now() > deadline)
      throw new Error(`not over after ${patiently(limitMs)} ms: ${progress}`);
    await pause(120);
  }
}

/** Kick-off to manifest. */
export async function runExport(
  base: string,
  path = '/$export',
  body?: Parameters,
  prefer?: string,
): Promise<Manifest> {
  return await finished(await begin(base, path, body, prefer));
}

/** Name of a file, out of its URL. */
export function fileName(item: ManifestItem): string {
  return decodeURIComponent(new URL(item.url).pathname.split('/').at(-1) ?? '');
}

/** Downloads a file as it is stored, and checks its size and SHA-256 against the manifest. */
export async function download(item: ManifestItem): Promise<Buffer> {
  const answer = await fetch(item.url, { headers: { 'accept-encoding': 'identity' } });
  const bytes = Buffer.from(await answer.arrayBuffer());
  if (answer.status !== 200)
    throw new Error(`${fileName(item)}: ${answer.status} ${bytes.toString()}`);
  const { size, sha256 } = item.extension['urn:sluice:output-file'];
  const found = { size: bytes.length, sha256: sha256Of(bytes) };
  if (found.size !== size || found.sha256 !== sha256) {
    throw new Error(`${fileName(item)} is not what the manifest says: ${JSON.stringify(found)}`);
  }
  return bytes;
}

/** The lines of NDJSON. @throws Error when the last one does not end in LF */
export function linesOf(bytes: Buffer): string[] {
  const text = bytes.toString();
  if (text === '') return [];
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  return text.slice(0, -1).split('\n');
}

/** Every line of a list of a manifest; checks counts and that the types are what the items say. */
export async function downloadLines(items: readonly ManifestItem[]): Promise<string[]> {
  const all: string[] = [];
  for (const item of items) {
    const lines = linesOf(await download(item));
    if (lines.length !== item.count) {
      throw new Error(`${fileName(item)} has ${lines.length} lines, not ${item.count}`);
    }
    for (const line of lines) {
      if (!line.startsWith(`{"resourceType":"${item.type}"`)) {
        throw new Error(`${fileName(item)} has a line of another type: ${line.slice(0, 60)}`);
      }
      all.push(line);
    }
  }
  return all;
}

/** File name → SHA-256 of a manifest's output. */
export function checksums(manifest: Manifest): Map<string, string> {
  return new Map(
    manifest.output.map((item) => [
      fileName(item),
      item.extension['urn:sluice:output-file'].sha256,
    ]),
  );
}

/** Lower-case hex. */
export function sha256Of(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Id of an export, out of its status URL. */
export function exportIdOf(statusUrl: string): string {
  return statusUrl.split('/').at(-1) ?? '';
}
