import { checkHeaderLength, splitList } from './header-list.ts';

/** The preferences of a kick-off that Sluice knows; all others are ignored, as they may be. */
export interface Preferences {
  readonly respondAsync: boolean;
  /** How unsupported parameters are to be handled; absent when the client did not say. */
  readonly handling?: 'strict' | 'lenient';
}

/**
 * Reads Prefer header lines: lists, repeated lines, quoted values, any case. Of a preference that is
 * repeated the first one counts. https://www.rfc-editor.org/rfc/rfc7240#section-2
 *
 * @throws ExportError when the lines are longer than 2,048 characters together
 */
export function parsePrefer(lines: readonly string[]): Preferences {
  const found = new Map<string, string>();
  const header = lines.join(',');
  checkHeaderLength('Prefer', header);
  for (const entry of splitList(header, ',')) {
    const [preference = ''] = splitList(entry, ';');
    const [name = '', value = ''] = preference.split('=').map((text) => text.trim().toLowerCase());
    if (!found.has(name)) found.set(name, value.replaceAll('"', ''));
  }
  const handling = found.get('handling');
  return {
    respondAsync: found.has('respond-async'),
    ...(handling === 'strict' || handling === 'lenient' ? { handling } : {}),
  };
}

/** Value of the Preference-Applied header that answers these lines; `undefined`: no header. */
export function preferenceApplied(lines: readonly string[]): string | undefined {
  const { respondAsync, handling } = parsePrefer(lines);
  const applied = [
    ...(respondAsync ? ['respond-async'] : []),
    ...(handling === undefined ? [] : [`handling=${handling}`]),
  ];
  return applied.length === 0 ? undefined : applied.join(', ');
}
