import { ExportError, forbidsAll } from '@sluice/export';
import type { ByteRange } from '@sluice/storage';
import parseRange from 'range-parser';
import { prefersGzip } from './accept-encoding.ts';
import { isUnchanged, wholeSeconds } from './conditional.ts';

/** A stored file as it is served. */
export interface ServedFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly modifiedAt: Date;
}

/** The request headers that matter for a file; lower-case names. */
export type FileHeaders = Readonly<
  Partial<
    Record<
      'accept' | 'accept-encoding' | 'range' | 'if-range' | 'if-none-match' | 'if-modified-since',
      string | undefined
    >
  >
>;

/** How a file is answered. With 304 there is no body; `range` is set with 206 only. */
export interface FileResponse {
  readonly status: 200 | 206 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly range?: ByteRange;
  /** The body is compressed on its way out. */
  readonly gzip: boolean;
}

/**
 * Decides how a file is answered: media type, compression, conditions and ranges.
 * A plain file is compressed when the client offers gzip and asks for the whole; a stored `.gz` is
 * what was asked for with `_outputFormat`, and is never marked as an encoding.
 *
 * @throws ExportError `not-acceptable` or `range-not-satisfiable`
 */
export function fileResponse(given: FileHeaders, file: ServedFile): FileResponse {
  const plain = !file.name.endsWith('.gz');
  checkAccept(given.accept, plain);
  const gzip = plain && given.range === undefined && prefersGzip(given['accept-encoding']);
  const etag = gzip ? `"${file.sha256}-gzip"` : `"${file.sha256}"`;
  const headers = {
    ETag: etag,
    'Last-Modified': file.modifiedAt.toUTCString(),
    'Accept-Ranges': 'bytes',
    ...(plain ? { Vary: 'Accept-Encoding' } : {}),
  };
  if (isUnchanged(given, etag, file.modifiedAt)) return { status: 304, headers, gzip: false };
  const content = {
    ...headers,
    'Content-Type': plain ? 'application/fhir+ndjson' : 'application/gzip',
    'Content-Disposition': `attachment; filename="${file.name}"`,
  };
  if (gzip) return { status: 200, headers: { ...content, 'Content-Encoding': 'gzip' }, gzip };
  const range = requestedRange(given, etag, file);
  const length = range === undefined ? file.bytes : range.end - range.start + 1;
  const whole = { ...content, 'Content-Length': String(length) };
  if (range === undefined) return { status: 200, headers: whole, gzip };
  const position = `bytes ${range.start}-${range.end}/${file.bytes}`;
  return { status: 206, headers: { ...whole, 'Content-Range': position }, range, gzip };
}

/** A file has one form, so it is served whatever Accept prefers, unless Accept forbids that form outright. */
function checkAccept(accept: string | undefined, plain: boolean): void {
  const types = plain
    ? ['application/fhir+ndjson', 'application/ndjson', 'application/x-ndjson']
    : ['application/gzip', 'application/fhir+ndjson', 'application/ndjson'];
  if (!forbidsAll(accept, types)) return;
  const text = `Accept excludes what this file is; accepted: ${types.join(', ')}, */*.`;
  throw new ExportError('not-acceptable', text);
}

/** Most characters of a header Range. One with more asks for many ranges, or for nothing. */
const maxRangeLength = 1024;

/** One range is served; several, or a unit we do not know, are answered with the whole. */
function requestedRange(given: FileHeaders, etag: string, file: ServedFile): ByteRange | undefined {
  if (given.range === undefined || given.range.length > maxRangeLength) return undefined;
  if (!isSameFile(given['if-range'], etag, file)) return undefined;
  const ranges = parseRange(file.bytes, given.range, { combine: true });
  if (ranges === -1) {
    const text = `The range lies outside the file, which has ${file.bytes} bytes.`;
    const headers = { 'Content-Range': `bytes */${file.bytes}` };
    throw new ExportError('range-not-satisfiable', text, { headers });
  }
  if (ranges === -2 || ranges.type !== 'bytes' || ranges.length !== 1) return undefined;
  return ranges[0];
}

function isSameFile(ifRange: string | undefined, etag: string, file: ServedFile): boolean {
  if (ifRange === undefined || ifRange === etag) return true;
  return Date.parse(ifRange) === wholeSeconds(file.modifiedAt);
}
