import { acceptsAny, ExportError, jsonTypes } from '@sluice/export';

const formats = new Set(['json', ...jsonTypes]);

/**
 * Checks that a client takes FHIR JSON: by `_format`, which comes before Accept, or by Accept, which
 * may be absent. `query` is as it was sent. SPEC H-001
 *
 * @throws ExportError `not-acceptable`
 */
export function checkJsonWanted(accept: string | undefined, query: string): void {
  const format = formatOf(query);
  const isJson =
    format === null ? acceptsAny(accept, [...jsonTypes, 'text/json']) : formats.has(format);
  if (isJson) return;
  const text = 'Only JSON is offered; accepted: application/fhir+json.';
  throw new ExportError('not-acceptable', text);
}

/** What `_format` asks for, in lower case; a plus that became a space is put back. */
export function formatOf(query: string): string | null {
  return new URLSearchParams(query).get('_format')?.replaceAll(' ', '+').toLowerCase() ?? null;
}
