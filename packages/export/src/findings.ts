import type { Issue, IssueCode } from '@sluice/fhir';
import { ExportError, type ExportErrorCode } from './errors.ts';

/** More than this of either kind are counted, not listed: a body can hold very many. */
const maxListed = 50;

/**
 * What the checks of one kick-off found. Faults are gathered, so that one answer names all of them;
 * notices go along with the export and end in the manifest's `error` files.
 */
export class Findings {
  readonly lenient: boolean;
  readonly #notices: Issue[] = [];
  readonly #faults: Issue[] = [];
  readonly #codes = new Set<ExportErrorCode>();

  constructor(lenient: boolean) {
    this.lenient = lenient;
  }

  /** A fault in both modes. */
  reject(issueCode: IssueCode, parameter: string, text: string, code?: ExportErrorCode): void {
    this.#codes.add(
      code ?? (issueCode === 'not-supported' ? 'unsupported-parameter' : 'invalid-parameter'),
    );
    this.#faults.push({ severity: 'error', code: issueCode, text, expression: [parameter] });
  }

  /** A fault in strict mode; with handling=lenient a notice, and `remedy` says what was done instead. */
  rejectUnlessLenient(code: IssueCode, parameter: string, text: string, remedy: string): void {
    if (this.lenient) this.warn(code, parameter, `${text} ${remedy}`);
    else this.reject(code, parameter, text);
  }

  /** As `rejectUnlessLenient`, for what the client has no right to. */
  forbidUnlessLenient(parameter: string, text: string, remedy: string): void {
    if (this.lenient) this.warn('forbidden', parameter, `${text} ${remedy}`);
    else this.reject('forbidden', parameter, text, 'forbidden');
  }

  /** A notice in both modes. */
  warn(code: IssueCode, parameter: string, text: string): void {
    this.#notices.push({ severity: 'warning', code, text, expression: [parameter] });
  }

  /** What was noted, for the accepted kick-off. */
  get notices(): Issue[] {
    return listed(this.#notices);
  }

  /** Throws one ExportError with every fault, if there is any. */
  throwFaults(): void {
    if (this.#faults.length === 0) return;
    const [code] = this.#codes.size === 1 ? this.#codes : [];
    const issues = listed(this.#faults);
    const message = issues.map((issue) => issue.text).join(' ');
    throw new ExportError(code ?? 'invalid-parameter', message, { issues });
  }
}

function listed(issues: readonly Issue[]): Issue[] {
  const shown = issues.slice(0, maxListed);
  const last = shown.at(-1);
  if (last === undefined || issues.length === shown.length) return shown;
  return [...shown, { ...last, text: `There are ${issues.length - shown.length} more.` }];
}
