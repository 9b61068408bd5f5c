/** How a string parameter compares: `start` is what it does without a modifier. */
export type TextMatch = 'start' | 'contains' | 'exact';

/**
 * Makes the test of an element against texts, any of which will do. Without `exact`, case and accents do not count. Of a HumanName and an
 * Address, every part that is a string is looked at, one by one. https://hl7.org/fhir/R4/search.html#string
 */
export function textTest(
  wanted: readonly string[],
  match: TextMatch,
  type: string,
): (element: unknown) => boolean {
  const parts = partsByType[type];
  const test = textMatcher(wanted, match);
  if (parts === undefined) {
    return (element) => typeof element === 'string' && test(element);
  }
  return (element) => someText(element, parts, test);
}

/**
 * Makes the test for `:text`, which compares as a string parameter does: with the text of a concept and the displays of its codings, the
 * display of a Coding, the text of an identifier's type.
 */
export function displayTest(
  wanted: readonly string[],
  type: string,
): (element: unknown) => boolean {
  const test = textMatcher(wanted, 'start');
  const hasDisplay = (coding: unknown) => someText(coding, ['display'], test);
  const hasText = (concept: unknown) => someText(concept, ['text'], test);
  switch (type) {
    case 'CodeableConcept':
      return (element) => {
        const { coding } = element as { coding?: unknown };
        return hasText(element) || (Array.isArray(coding) && coding.some(hasDisplay));
      };
    case 'Coding':
      return hasDisplay;
    case 'Identifier':
      return (element) => hasText((element as { type?: unknown }).type);
    default:
      return (element) => typeof element === 'string' && test(element);
  }
}

const partsByType: Readonly<Partial<Record<string, readonly string[]>>> = {
  HumanName: ['text', 'family', 'given', 'prefix', 'suffix'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode', 'country'],
};

function textMatcher(wanted: readonly string[], match: TextMatch): (text: string) => boolean {
  if (match === 'exact') {
    const all = new Set(wanted);
    return (text) => all.has(text);
  }
  const folded = [...new Set(wanted.map(foldText))];
  const isIn: (text: string, part: string) => boolean =
    match === 'contains'
      ? (text, part) => text.includes(part)
      : (text, part) => text.startsWith(part);
  return (text) => {
    const found = foldText(text);
    return folded.some((each) => isIn(found, each));
  };
}

/** Takes case and accents away: é becomes e, as does e with a combining accent. */
function foldText(text: string): string {
  // All of ASCII, as most text is: no accents.
  return /^[\x00-\x7f]*$/.test(text)
    ? text.toLowerCase()
    : text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase();
}

function someText(
  element: unknown,
  names: readonly string[],
  test: (text: string) => boolean,
): boolean {
  if (typeof element !== 'object' || element === null) {
    return false;
  }
  return names.some((name) => {
    const value = (element as Readonly<Record<string, unknown>>)[name];
    const texts: unknown[] = Array.isArray(value) ? value : [value];
    return texts.some((text) => typeof text === 'string' && test(text));
  });
}
