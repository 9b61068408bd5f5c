/**
 * Full URLs of a Bundle's entries and the relative references (`Patient/1`) they stand for. https://hl7.org/fhir/R4/bundle.html#references
 */
export type References = Map<string, string>;

/** Notes an entry: by its full URL if that is a `urn:`, or a URL that ends as the relative reference does. */
export function noteFullUrl(
  references: References,
  {
    fullUrl,
    type,
    id,
  }: { fullUrl?: string | undefined; type?: string | undefined; id?: string | undefined },
): void {
  if (fullUrl === undefined || type === undefined || id === undefined) return;
  const relative = `${type}/${id}`;
  const isUrl = /^https?:/.test(fullUrl) && fullUrl.endsWith(`/${relative}`);
  if (isUrl || fullUrl.startsWith('urn:')) references.set(fullUrl, relative);
}

/** What a text that names an entry is to become; a version, fragment or business version behind it stays. */
export function relativeTo(references: References, text: string): string | undefined {
  const whole = references.get(text);
  if (whole !== undefined) return whole;
  const cut = /\/_history\/|[#|]/.exec(text)?.index;
  const begin = cut === undefined ? undefined : references.get(text.slice(0, cut));
  return begin === undefined ? undefined : begin + text.slice(cut);
}
