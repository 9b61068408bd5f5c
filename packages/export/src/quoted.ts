/** So many texts are named in a message; the rest is counted. */
const maxNamed = 10;

/** A client's text as it may be repeated in a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** Up to ten of the texts, quoted, and how many more there are. */
export function named(texts: readonly string[]): string {
  const shown = texts.slice(0, maxNamed).map(quoted).join(', ');
  return texts.length > maxNamed ? `${shown} and ${texts.length - maxNamed} more` : shown;
}

/** A message made elsewhere that may repeat a client's text: not too long, and nothing in it that Postgres could not store. */
export function printable(message: string): string {
  const text = message.length > 1000 ? `${message.slice(0, 1000)}…` : message;
  return text.replaceAll(/\p{Cc}|\p{Surrogate}/gu, '\uFFFD');
}
