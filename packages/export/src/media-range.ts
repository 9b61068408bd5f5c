import { checkHeaderLength, splitList } from './header-list.ts';

/** One entry of an Accept header: `application/json`, `application/*` or any type, with its weight. */
export interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/** Media types that mean FHIR JSON, in either direction; the first is the proper one. */
export const jsonTypes: readonly string[] = [
  'application/fhir+json',
  'application/json',
  'application/json+fhir',
];

/** Says whether a Content-Type header names JSON as a kick-off takes it. */
export function isJsonBody(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  return (
    jsonTypes.includes(type.trim()) &&
    (charset === undefined || /^charset="?utf-?8"?$/.test(charset))
  );
}

/** Headers that list what a client accepts, by weight. */
export type WeightedHeader = 'Accept' | 'Accept-Encoding';

/**
 * Reads an Accept or Accept-Encoding header; parameters other than `q` do not matter here.
 *
 * @throws ExportError when it is longer than 2,048 characters
 */
export function parseWeighted(header: string, name: WeightedHeader = 'Accept'): MediaRange[] {
  checkHeaderLength(name, header);
  return splitList(header.toLowerCase(), ',').flatMap((entry) => {
    const [type = '', ...parameters] = splitList(entry, ';');
    const weight = parameters.find((parameter) => /^q\s*=/.test(parameter));
    const quality = weight === undefined ? 1 : Number(weight.slice(weight.indexOf('=') + 1));
    return type === '' ? [] : [{ type, quality: Number.isNaN(quality) ? 1 : quality }];
  });
}

/**
 * Says whether an Accept header admits one of the offered media types. The most specific range
 * decides, so a weight of zero excludes a type that a wildcard would admit. An absent or empty
 * header admits everything. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 *
 * @throws ExportError when it is longer than 2,048 characters
 */
export function acceptsAny(header: string | undefined, offered: readonly string[]): boolean {
  const ranges = parseWeighted(header ?? '');
  return ranges.length === 0 || offered.some((type) => qualityOf(ranges, type) > 0);
}

/**
 * Says whether an Accept header forbids all of the offered media types: the most specific range that
 * names one gives it a weight of zero. A type that no range names is not forbidden.
 */
export function forbidsAll(header: string | undefined, offered: readonly string[]): boolean {
  const ranges = parseWeighted(header ?? '');
  return offered.every((type) => namedQualityOf(ranges, type) === 0);
}

/** The weight that an Accept header gives to a media type; 0 when it does not admit it. */
export function qualityOf(ranges: readonly MediaRange[], type: string): number {
  return namedQualityOf(ranges, type) ?? 0;
}

/** The weight that the most specific range gives to a media type; `undefined` when no range names it. */
function namedQualityOf(ranges: readonly MediaRange[], type: string): number | undefined {
  const group = `${type.slice(0, type.indexOf('/'))}/*`;
  const matching = [type, group, '*/*', '*'].map((wanted) =>
    ranges.find((range) => range.type === wanted),
  );
  return matching.find((range) => range !== undefined)?.quality;
}
