import fc from 'fast-check';

/** What parsers look for, or trip over: separators, escapes, brackets, beginnings of what they know. */
export const fragments = [
  ...['a', 'A', '0', '9', 'é', '\u0301', '\u{1f600}', '\ud800', '\0', ' ', '\t', '\n', '\r\n'],
  ...[',', ';', '=', '&', '?', '|', '$', '#', '*', '+', '-', '.', ':', '/', '//', '\\', '\\\\'],
  ...['"', "'", '\\"', '\\,', '\\u0061', '%', '%2C', '%5C', '%25', '%00', '[', ']', '{', '}'],
  ...['{"a":', '"a":', '[],', '{},', '1,', '"a",', '[{', ', ', '; ', 'q=0', '="', 'a=', 'a=b&'],
  ...['T1', '-01', '+00:00', '2020-01-01', '1e9', 'ge2020,', 'a|b,', '*/*,', 'application/json'],
  ...['http://a/', 'a://', 'urn:', 'Patient', 'Patient/', 'Patient/a', '/_history/', 'Patient?'],
  ...['Patient?name=', ',Patient', 'system/*.rs', 'system/Patient.rs?name=', ',system/', 'user/'],
  ...['bytes=', '0-0,', 'W/"a",', 'method: ', '- ', '? ', '---\n', '"reference":"urn:', '"meta":{'],
] as const;

/** A kind of text: a unit that repeats, and what stands before and behind it. */
export interface NastyText {
  readonly before: string;
  readonly unit: string;
  readonly after: string;
}

/** A text of this kind, of so many characters or a few less: whole units, so that texts of all lengths are valid or invalid alike. */
export function makeText({ before, unit, after }: NastyText, length: number): string {
  const room = Math.max(0, length - before.length - after.length);
  return before + unit.repeat(Math.floor(room / unit.length)) + after;
}

/** Every fragment by itself, behind every beginning. */
export function plainTexts(beginnings: readonly string[]): NastyText[] {
  return beginnings.flatMap((before) => fragments.map((unit) => ({ before, unit, after: '' })));
}

/** Any few fragments in a row, between any others. */
export function nastyTexts(beginnings: readonly string[]): fc.Arbitrary<NastyText> {
  const fragment = fc.constantFrom(...fragments);
  const unit = fc.array(fragment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
  return fc.record({
    before: fc.constantFrom(...beginnings, ...fragments),
    unit,
    after: fc.constantFrom('', ...fragments),
  });
}
