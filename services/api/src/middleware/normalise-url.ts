import { ExportError } from '@sluice/export';
import type { RequestHandler } from 'express';

/**
 * Lets `%24export` find the route `$export`, and refuses a path whose percent-encoding is broken.
 * `originalUrl` stays as it was sent.
 */
export const normaliseUrl: RequestHandler = (req, _res, next) => {
  const [path = '', ...query] = req.url.split('?');
  try {
    decodeURIComponent(path);
  } catch (cause) {
    throw new ExportError('invalid-parameter', 'The percent-encoding of the URL is broken.', {
      cause,
    });
  }
  req.url = [path.replaceAll('%24', '$'), ...query].join('?');
  next();
};
