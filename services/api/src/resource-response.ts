import { binaryContent, mayBeShown, wantsContent } from './binary-content.ts';
import { checkJsonWanted } from './check-json-wanted.ts';
import { isUnchanged, type Conditions } from './conditional.ts';

/** What a client sent that matters for a read. */
export interface ReadRequest {
  readonly headers: Conditions & { readonly accept?: string | undefined };
  /** As it was sent. */
  readonly query: string;
}

/** A version of a resource that is there. */
export interface ReadVersion {
  readonly type: string;
  readonly body: string;
  readonly versionId: string;
  readonly lastUpdated: string;
}

/** How a read is answered. With 304 there is no body. */
export interface ResourceResponse {
  readonly status: 200 | 304;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/**
 * Decides how a read is answered: as the resource is stored, byte for byte; of a Binary, by Accept, its
 * content. https://hl7.org/fhir/R4/http.html#read
 *
 * @throws ExportError `not-acceptable`
 */
export function resourceResponse(
  { headers: given, query }: ReadRequest,
  { type, body, versionId, lastUpdated }: ReadVersion,
): ResourceResponse {
  const isBinary = type === 'Binary';
  const represented = isBinary
    ? representBinary(given.accept, query, body)
    : representResource(given.accept, query, body);
  const modifiedAt = new Date(lastUpdated);
  const headers = {
    ETag: `W/"${versionId}"`,
    'Last-Modified': modifiedAt.toUTCString(),
    ...(isBinary ? { Vary: 'Accept' } : {}),
  };
  if (isUnchanged(given, headers.ETag, modifiedAt)) return { status: 304, headers };
  const length = { 'Content-Length': String(represented.body.length) };
  return {
    status: 200,
    headers: { ...headers, ...length, ...represented.headers },
    body: represented.body,
  };
}

interface Representation {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

function representResource(
  accept: string | undefined,
  query: string,
  body: string,
): Representation {
  checkJsonWanted(accept, query);
  return { headers: { 'Content-Type': 'application/fhir+json' }, body: Buffer.from(body) };
}

function representBinary(accept: string | undefined, query: string, body: string): Representation {
  const { contentType, bytes } = binaryContent(body);
  if (!wantsContent(accept, query, contentType)) {
    return { headers: { 'Content-Type': 'application/fhir+json' }, body: Buffer.from(body) };
  }
  return {
    headers: {
      'Content-Type': contentType,
      'X-Content-Type-Options': 'nosniff',
      ...(mayBeShown(contentType) ? {} : { 'Content-Disposition': 'attachment' }),
    },
    body: bytes,
  };
}
