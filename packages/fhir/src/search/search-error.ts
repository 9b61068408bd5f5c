/** `invalid`: no server could answer it. `not-supported`: a right query that this engine does not evaluate. */
export type SearchErrorCode = 'invalid' | 'not-supported';

/** A search query that cannot be answered. The message says what was wrong and what is accepted; check `code`, not the text. */
export class SearchError extends Error {
  override readonly name = 'SearchError';
  readonly code: SearchErrorCode;
  /** The parameter with its modifier as it was written, where one is at fault. */
  readonly parameter: string | undefined;

  constructor(code: SearchErrorCode, message: string, parameter?: string) {
    super(message);
    this.code = code;
    this.parameter = parameter;
  }
}
