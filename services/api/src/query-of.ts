import type { Request } from 'express';

/** The query of a request as it was sent, without its question mark. */
export function queryOf({ originalUrl }: Pick<Request, 'originalUrl'>): string {
  const at = originalUrl.indexOf('?');
  return at === -1 ? '' : originalUrl.slice(at + 1);
}
