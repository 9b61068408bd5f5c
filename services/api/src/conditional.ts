/** The request headers by which a client says what it has already; lower-case names. */
export interface Conditions {
  readonly 'if-none-match'?: string | undefined;
  readonly 'if-modified-since'?: string | undefined;
}

/**
 * Says whether the client has this already, so that 304 is the answer. If-None-Match alone decides
 * where there is one; weak and strong tags are equal here.
 * https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 */
export function isUnchanged(given: Conditions, etag: string, modifiedAt: Date): boolean {
  const tags = given['if-none-match'];
  if (tags !== undefined) {
    const known = tags.split(',').map((tag) => opaque(tag.trim()));
    return known.includes('*') || known.includes(opaque(etag));
  }
  const since = Date.parse(given['if-modified-since'] ?? '');
  return !Number.isNaN(since) && wholeSeconds(modifiedAt) <= since;
}

/** As precise as HTTP dates are, in milliseconds. */
export function wholeSeconds(date: Date): number {
  return Math.floor(date.getTime() / 1000) * 1000;
}

function opaque(etag: string): string {
  return etag.replace(/^W\//, '');
}
