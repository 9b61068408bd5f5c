import type { ExportError } from '@sluice/export';
import { fileResponse, type FileHeaders, type FileResponse } from './file-response.ts';

const sha256 = 'ab'.repeat(32);
const etag = `"${sha256}"`;
const modified = 'Sat, 21 Nov 2026 12:00:00 GMT';
const file = {
  name: 'Patient-1-1.ndjson',
  bytes: 1000,
  sha256,
  modifiedAt: new Date('2026-11-21T12:00:00.500Z'),
};
const zipped = { ...file, name: 'Patient-1-1.ndjson.gz' };

/** `200 gzip`, `206 0-9` and so on. */
function summary(given: FileHeaders, of = file): string {
  const { status, gzip, range }: FileResponse = fileResponse(given, of);
  return [
    status,
    ...(gzip ? ['gzip'] : []),
    ...(range ? [`${range.start}-${range.end}`] : []),
  ].join(' ');
}

test('a plain file is answered whole, with all that a client can verify and resume with', () => {
  expect(fileResponse({}, file)).toEqual({
    status: 200,
    gzip: false,
    headers: {
      ETag: etag,
      'Last-Modified': modified,
      'Accept-Ranges': 'bytes',
      Vary: 'Accept-Encoding',
      'Content-Type': 'application/fhir+ndjson',
      'Content-Disposition': 'attachment; filename="Patient-1-1.ndjson"',
      'Content-Length': '1000',
    },
  });
});

test('a compressed answer has an ETag of its own and no length', () => {
  const { headers } = fileResponse({ 'accept-encoding': 'gzip' }, file);
  expect(headers).toMatchObject({ ETag: `"${sha256}-gzip"`, 'Content-Encoding': 'gzip' });
  expect(headers).not.toHaveProperty('Content-Length');
});

test('a stored .gz is application/gzip and never an encoding', () => {
  const { headers, gzip } = fileResponse({ 'accept-encoding': 'gzip' }, zipped);
  expect(gzip).toBe(false);
  expect(headers['Content-Type']).toBe('application/gzip');
  expect(headers).not.toHaveProperty('Content-Encoding');
  expect(headers).not.toHaveProperty('Vary');
});

test.each<[FileHeaders, string]>([
  [{ 'accept-encoding': 'gzip, deflate, br' }, '200 gzip'],
  [{ 'accept-encoding': 'br;q=1, GZIP;q=0.1' }, '200 gzip'],
  [{ 'accept-encoding': 'gzip;q=0' }, '200'],
  [{ 'accept-encoding': 'identity, gzip;q=0.5' }, '200'],
  [{ 'accept-encoding': '*' }, '200'],
  [{ 'accept-encoding': 'br' }, '200'],
  [{ 'accept-encoding': '' }, '200'],
  [{ 'accept-encoding': 'gzip', range: 'bytes=0-9' }, '206 0-9'],
  [{ range: 'bytes=0-0' }, '206 0-0'],
  [{ range: 'bytes=990-' }, '206 990-999'],
  [{ range: 'bytes=-10' }, '206 990-999'],
  [{ range: 'bytes=0-5000' }, '206 0-999'],
  [{ range: 'bytes=0-9,20-29' }, '200'],
  [{ range: `bytes=${'0-0,'.repeat(260)}0-0` }, '200'],
  [{ range: 'lines=0-9' }, '200'],
  [{ range: 'nonsense' }, '200'],
  [{ range: 'bytes=0-9', 'if-range': etag }, '206 0-9'],
  [{ range: 'bytes=0-9', 'if-range': modified }, '206 0-9'],
  [{ range: 'bytes=0-9', 'if-range': '"other"' }, '200'],
  [{ range: 'bytes=0-9', 'if-range': `W/${etag}` }, '200'],
  [{ range: 'bytes=5000-', 'if-range': '"other"' }, '200'],
  [{ 'if-none-match': etag }, '304'],
  [{ 'if-none-match': `"x", W/${etag}` }, '304'],
  [{ 'if-none-match': '*' }, '304'],
  [{ 'if-none-match': '"x"' }, '200'],
  [{ 'if-none-match': '"x"', 'if-modified-since': modified }, '200'],
  [{ 'if-none-match': etag, 'accept-encoding': 'gzip' }, '200 gzip'],
  [{ 'if-none-match': `"${sha256}-gzip"`, 'accept-encoding': 'gzip' }, '304'],
  [{ 'if-modified-since': modified }, '304'],
  [{ 'if-modified-since': 'Sat, 21 Nov 2026 11:59:59 GMT' }, '200'],
  [{ accept: 'application/fhir+ndjson' }, '200'],
  [{ accept: 'application/ndjson;q=0.5, text/html' }, '200'],
  [{ accept: '*/*' }, '200'],
  [{ accept: 'application/fhir+json' }, '200'],
  [{ accept: 'text/html' }, '200'],
  [{ accept: 'text/*' }, '200'],
  [{ accept: 'application/*;q=0.1' }, '200'],
  [{ accept: 'application/x-unknown, image/png;q=0' }, '200'],
  [{ accept: '*/*;q=0, application/ndjson' }, '200'],
])('%j is answered %s', (given, expected) => {
  expect(summary(given)).toBe(expected);
});

test('a range of the file has its place in it', () => {
  const { headers } = fileResponse({ range: 'bytes=10-19' }, file);
  expect(headers).toMatchObject({ 'Content-Range': 'bytes 10-19/1000', 'Content-Length': '10' });
});

test.each<[FileHeaders, number]>([
  [{ accept: '*/*;q=0' }, 406],
  [{ accept: 'text/html, application/*;q=0' }, 406],
  [
    { accept: 'application/fhir+ndjson;q=0, application/ndjson;q=0, application/x-ndjson;q=0' },
    406,
  ],
  [{ range: 'bytes=1000-' }, 416],
  [{ range: 'bytes=5000-6000' }, 416],
])('%j is refused with %d', (given, status) => {
  expect(() => fileResponse(given, file)).toThrow(
    expect.objectContaining({ status }) as ExportError,
  );
});

test('a range beyond the end is answered with the length', () => {
  const headers = { 'Content-Range': 'bytes */1000' };
  expect(() => fileResponse({ range: 'bytes=1000-' }, file)).toThrow(
    expect.objectContaining({ headers }) as ExportError,
  );
});
