/**
 * Splits a value of `_typeFilter` at the commas between two filters, as version 2 of the guide has lists: those that a backslash does
 * not escape and that `Type?` follows. Other commas are part of a search value. Filters are trimmed.
 */
export function splitTypeFilters(value: string): string[] {
  const filters: string[] = [];
  let start = 0;
  /** The comma behind which nothing has come so far but white space and the beginning of a type. */
  let comma = -1;
  let type = 0;
  for (let at = 0; at < value.length; at += 1) {
    const character = value.charAt(at);
    if (character === ',') {
      comma = at;
      type = 0;
    } else if (character === '\\') {
      comma = -1;
      at += 1;
    } else if (comma !== -1) {
      if (character === '?' && type > 0) {
        filters.push(value.slice(start, comma));
        start = comma + 1;
        comma = -1;
      } else if (type > 0 ? isLetter(character) : isCapital(character)) {
        type += 1;
      } else if (type > 0 || character.trim() !== '') {
        comma = -1;
      }
    }
  }
  filters.push(value.slice(start));
  return filters.map((filter) => filter.trim());
}

function isCapital(character: string): boolean {
  return character >= 'A' && character <= 'Z';
}

function isLetter(character: string): boolean {
  return isCapital(character) || (character >= 'a' && character <= 'z');
}
