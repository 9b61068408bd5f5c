import { parseWeighted } from '@sluice/export';

/**
 * Says whether an answer is to be compressed: gzip has to be offered by name, and not to rank below
 * what needs no work. https://www.rfc-editor.org/rfc/rfc9110#section-12.5.3
 */
export function prefersGzip(acceptEncoding: string | undefined): boolean {
  const codings = new Map(
    parseWeighted(acceptEncoding ?? '', 'Accept-Encoding').map(({ type, quality }) => [
      type,
      quality,
    ]),
  );
  const gzip = codings.get('gzip') ?? codings.get('x-gzip') ?? 0;
  return gzip > 0 && gzip >= (codings.get('identity') ?? 0);
}
