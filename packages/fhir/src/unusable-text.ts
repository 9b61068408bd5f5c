/**
 * Whether a text has control characters or lone surrogates in it: no search means them, and Postgres cannot hold or compare all
 * of them. To be asked after the last decoding.
 */
export function isUnusable(text: string): boolean {
  return /\p{Cc}|\p{Surrogate}/u.test(text);
}
