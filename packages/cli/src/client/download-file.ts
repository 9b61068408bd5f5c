import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { CliError, describeError } from '../cli-error.ts';
import { refusal, retryAfterMs } from './ask.ts';
import { checkFile, type Expected } from './check-file.ts';
import type { Authorize } from './token-source.ts';

/** One file to download. */
export interface Download {
  /** Where it is to be; while it is incomplete it has `.part` behind its name. */
  readonly path: string;
  readonly expected: Expected;
  /** A URL that is good now: signed ones expire. */
  url(refresh: boolean): Promise<string>;
  readonly signal?: AbortSignal | undefined;
  readonly authorize?: Authorize | undefined;
  /** Bytes that have come, or, when they have to come again, are taken back. */
  onBytes?(bytes: number): void;
}

/** Attempts in a row without a single new byte before it is given up. */
const fruitlessAttempts = 6;

/**
 * Downloads a file, going on where an earlier attempt, of this run or another, had to stop; then checks lines, size
 * and SHA-256 on disk and gives it its name.
 *
 * @returns bytes on disk
 */
export async function downloadFile(download: Download): Promise<number> {
  const { path, expected } = download;
  const done = await sizeOf(path);
  if (done > 0 && (await checkFile(path, expected)) === undefined) {
    download.onBytes?.(done);
    return done;
  }
  const part = `${path}.part`;
  const begun = await sizeOf(part);
  await receive(download, part);
  let fault = await checkFile(part, expected);
  if (fault !== undefined && begun > 0) {
    // What an earlier run left may belong to something else: once more from the beginning.
    download.onBytes?.(-(await sizeOf(part)));
    await rm(part);
    await receive(download, part);
    fault = await checkFile(part, expected);
  }
  if (fault !== undefined) throw new CliError(`${path}: ${fault}`);
  await rename(part, path);
  return await sizeOf(path);
}

async function receive(download: Download, part: string): Promise<void> {
  const { expected, signal } = download;
  const held = await sizeOf(part);
  if (expected.size !== undefined && held > expected.size) await rm(part);
  else download.onBytes?.(held);
  let refresh = false;
  for (let fruitless = 0; ;) {
    const before = await sizeOf(part);
    if (before > 0 && before === expected.size) return;
    let pauseMs = 200 * 2 ** fruitless;
    try {
      const url = await download.url(refresh);
      const shown = download.authorize === undefined ? {} : await download.authorize(url, refresh);
      const answer = await requestFrom(url, before, shown, signal);
      // Google answers 400 to a URL that has expired.
      refresh = [400, 401, 403].includes(answer.status);
      if (answer.status === 200 || answer.status === 206) {
        await append(download, part, answer, before);
        return;
      }
      const text = await answer.text();
      pauseMs = retryAfterMs(answer.headers) ?? pauseMs;
      const lasting =
        ![400, 401, 403, 408, 416, 429].includes(answer.status) && answer.status < 500;
      const failure = refusal(download.path, {
        status: answer.status,
        headers: answer.headers,
        text,
      });
      if (lasting || fruitless >= fruitlessAttempts) throw failure;
      if (answer.status === 416) {
        download.onBytes?.(-before);
        await rm(part, { force: true });
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CliError) throw error;
      if (fruitless >= fruitlessAttempts) {
        throw new CliError(`${download.path}: ${describeError(error)}`, undefined, {
          cause: error,
        });
      }
    }
    fruitless = (await sizeOf(part)) > before ? 0 : fruitless + 1;
    await wait(pauseMs, undefined, signal ? { signal } : {});
  }
}

async function requestFrom(
  url: string,
  from: number,
  shown: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<Response> {
  return await fetch(url, {
    headers: {
      Accept: '*/*',
      'Accept-Encoding': 'identity',
      ...shown,
      ...(from > 0 ? { Range: `bytes=${from}-` } : {}),
    },
    ...(signal === undefined ? {} : { signal }),
  });
}

async function append(
  download: Download,
  part: string,
  answer: Response,
  before: number,
): Promise<void> {
  const goesOn = answer.status === 206;
  if (!goesOn && before > 0) download.onBytes?.(-before);
  const target = createWriteStream(part, { flags: goesOn ? 'a' : 'w' });
  const body = answer.body === null ? Readable.from([]) : Readable.fromWeb(answer.body);
  body.on('data', (block: Buffer) => download.onBytes?.(block.length));
  await pipeline(body, target);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}
