import { ExportError, isJsonBody } from '@sluice/export';

/**
 * Reads a body that was taken in as bytes. Without bytes there is none; one that is not said to be
 * JSON is passed on unread, for the check of its type to refuse.
 *
 * @throws ExportError with the issue code `structure` when it is not JSON in UTF-8
 */
export function readJsonBody(body: unknown, contentType: string | undefined): unknown {
  if (!Buffer.isBuffer(body) || body.length === 0) return undefined;
  if (!isJsonBody(contentType)) return body;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    const text = 'The body is not valid JSON in UTF-8.';
    const issues = [{ severity: 'error', code: 'structure', text } as const];
    throw new ExportError('invalid-parameter', text, { cause, issues });
  }
}
