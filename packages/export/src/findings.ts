import type { Issue, IssueCode } from '@sluice/fhir';
import { ExportError, type ExportErrorCode } from './errors.ts';

/** More than this of either kind are counted, not kept: a body can hold very many. */
const maxListed = 50;

/** The first issues, and how many more there are. */
class IssueList {
  readonly #first: Issue[] = [];
  #more = 0;

  add(issue: Issue): void {
    if (this.#first.length < maxListed) this.#first.push(issue);
    else this.#more += 1;
  }

  get issues(): Issue[] {
    const last = this.#first.at(-1);
    if (last === undefined || this.#more === 0) return [...this.#first];
    return [...this.#first, { ...last, text: `There are ${this.#more} more.` }];
  }
}

/**
 * What the checks of one kick-off found. Faults are gathered, so that one answer names all of them;
 * notices go along with the export and end in the manifest's `error` files.
 */
export class Findings {
  readonly lenient: boolean;
  readonly #notices = new IssueList();
  readonly #faults = new IssueList();
  readonly #codes = new Set<ExportErrorCode>();

  constructor(lenient: boolean) {
    this.lenient = lenient;
  }

  /** A fault in both modes. */
  reject(issueCode: IssueCode, parameter: string, text: string, code?: ExportErrorCode): void {
    this.#codes.add(
      code ?? (issueCode === 'not-supported' ? 'unsupported-parameter' : 'invalid-parameter'),
    );
    this.#faults.add({ severity: 'error', code: issueCode, text, expression: [parameter] });
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
    this.#notices.add({ severity: 'warning', code, text, expression: [parameter] });
  }

  /** What was noted, for the accepted kick-off. */
  get notices(): Issue[] {
    return this.#notices.issues;
  }

  /** Throws one ExportError with every fault, if there is any. */
  throwFaults(): void {
    const { issues } = this.#faults;
    if (issues.length === 0) return;
    const [code] = this.#codes.size === 1 ? this.#codes : [];
    const message = issues.map((issue) => issue.text).join(' ');
    throw new ExportError(code ?? 'invalid-parameter', message, { issues });
  }
}
