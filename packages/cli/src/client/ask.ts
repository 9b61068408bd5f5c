import { setTimeout as wait } from 'node:timers/promises';
import { CliError, describeError } from '../cli-error.ts';
import type { Authorize } from './token-source.ts';

/** An answer with its body read. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** A request to the export server. */
export interface Question {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
  readonly authorize?: Authorize | undefined;
}

const attempts = 6;

/**
 * Asks and reads the answer. A server that is not reached, or that asks for patience (429, 503 with Retry-After), is
 * asked again for a while, where asking twice does no harm. A token that is refused is renewed once.
 */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const { method = 'GET', signal } = question;
  let isFresh = false;
  const repeatable = method !== 'POST' && question.headers?.['Prefer'] === undefined;
  for (let attempt = 1; ; attempt += 1) {
    let pauseMs = 200 * 2 ** attempt;
    try {
      const answer = await askOnce(url, question, isFresh);
      if (answer.status === 401 && question.authorize !== undefined && !isFresh) {
        isFresh = true;
        continue;
      }
      const patience = answer.status === 429 || answer.status === 503;
      if (!repeatable || !patience || attempt >= attempts) return answer;
      pauseMs = retryAfterMs(answer.headers) ?? pauseMs;
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof CliError) throw error;
      if (!repeatable || attempt >= attempts) {
        throw new CliError(`${new URL(url).origin} cannot be reached`, undefined, { cause: error });
      }
    }
    await wait(pauseMs, undefined, signal ? { signal } : {});
  }
}

async function askOnce(url: string, question: Question, isFresh: boolean): Promise<Answer> {
  const { method = 'GET', headers = {}, body, signal, authorize } = question;
  const shown = authorize === undefined ? {} : await authorize(url, isFresh);
  const response = await fetch(url, {
    method,
    headers: { Accept: 'application/fhir+json, application/json', ...headers, ...shown },
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

/** Milliseconds of a Retry-After in seconds or as a date. */
export function retryAfterMs(headers: Headers): number | undefined {
  const text = headers.get('Retry-After');
  if (text === null) return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, Math.min(ms, 120_000)) : undefined;
}

/** An answer that is no success, as an error that says what the server said. */
export function refusal(what: string, answer: Answer): CliError {
  const issues = readIssues(answer.text);
  const said = issues.length > 0 ? issues.join('\n  ') : answer.text.slice(0, 500).trim();
  return new CliError(
    `${what}: the server answered ${answer.status}${said === '' ? '' : `\n  ${said}`}`,
  );
}

interface RawIssue {
  readonly severity?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly text?: unknown };
  readonly diagnostics?: unknown;
}

/** The issues of an OperationOutcome, one line each; none when the text is something else. */
export function readIssues(text: string): string[] {
  let outcome: { resourceType?: unknown; issue?: unknown };
  try {
    outcome = JSON.parse(text) as typeof outcome;
  } catch {
    return [];
  }
  if (outcome?.resourceType !== 'OperationOutcome' || !Array.isArray(outcome.issue)) return [];
  return (outcome.issue as readonly RawIssue[]).map(({ severity, code, details, diagnostics }) => {
    const message = [details?.text, diagnostics].find((part) => typeof part === 'string') ?? '';
    return `${describeError(severity ?? 'error')} (${describeError(code ?? 'unknown')}): ${message}`;
  });
}
