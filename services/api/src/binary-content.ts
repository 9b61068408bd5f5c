import { ExportError, parseWeighted, qualityOf } from '@sluice/export';
import { checkJsonWanted, formatOf } from './check-json-wanted.ts';

/** What a Binary holds, as it is served by itself. */
export interface BinaryContent {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/**
 * Takes the content out of the text of a Binary. Resources are not validated, so a content type that
 * is none is answered as bytes of any kind, and data that is absent as no bytes.
 */
export function binaryContent(body: string): BinaryContent {
  const { contentType, data } = JSON.parse(body) as { contentType?: unknown; data?: unknown };
  const isType = typeof contentType === 'string' && mediaType.test(contentType);
  return {
    contentType: isType ? contentType : 'application/octet-stream',
    bytes: Buffer.from(typeof data === 'string' ? data : '', 'base64'),
  };
}

const mediaType =
  /^[\w!#$&^.+-]{1,80}\/[\w!#$&^.+-]{1,80}(; ?[\w-]{1,40}=("[\w .:/+-]{1,80}"|[\w.:+-]{1,80})){0,8}$/;

const fhirJson = ['application/fhir+json', 'application/json+fhir'];
const otherFhir = /^application\/(fhir\+(xml|turtle)|xml\+fhir)$/;

/**
 * Decides whether a client gets the content of a Binary or the resource. As R4 has it, the resource is
 * for those who ask for a FHIR format by its name; to everyone else the content goes as it is. The
 * plain name of JSON means the resource too, unless the content is JSON itself. With equal weights the
 * name of the FHIR format decides. https://hl7.org/fhir/R4/binary.html#rest
 *
 * @throws ExportError `not-acceptable` when only another FHIR format would do
 */
export function wantsContent(
  accept: string | undefined,
  query: string,
  contentType: string,
): boolean {
  if (formatOf(query) !== null) {
    checkJsonWanted(accept, query);
    return false;
  }
  const own = contentType.replace(/;.*/, '').toLowerCase();
  const ranges = parseWeighted(accept ?? '');
  const names = /[/+]json$/.test(own) ? fhirJson : [...fhirJson, 'application/json'];
  const named = ranges.filter(({ type }) => names.includes(type));
  const forResource = Math.max(0, ...named.map(({ quality }) => quality));
  const wanted = ranges.filter(({ quality }) => quality > 0);
  if (wanted.length > 0 && wanted.every(({ type }) => otherFhir.test(type) && type !== own)) {
    const text = `Of the formats of FHIR only JSON is offered; accepted: application/fhir+json, ${own}.`;
    throw new ExportError('not-acceptable', text);
  }
  return forResource === 0 || forResource < qualityOf(ranges, own);
}

/** Types that a browser shows without running anything in them. */
const harmless =
  /^(image\/(png|jpeg|gif|bmp|tiff|webp)|(audio|video)\/[\w.+-]+|text\/plain|application\/pdf)$/;

/** Whether a browser may show it; anything else, which could be script, is for saving. */
export function mayBeShown(contentType: string): boolean {
  return harmless.test(contentType.replace(/;.*/, '').trim().toLowerCase());
}
