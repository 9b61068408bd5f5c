import { isUtf8 } from 'node:buffer';
import { UnloadableError } from './load-problem.ts';

/**
 * Parses one JSON text that must be an object. What it throws names the kind of fault and its place but quotes nothing: the text may
 * be about a patient, and messages end up in logs.
 */
export function readJsonObject(bytes: Buffer, firstLine = 1): Record<string, unknown> {
  if (!isUtf8(bytes)) {
    throw new UnloadableError('not UTF-8');
  }
  if (bytes.includes(0)) {
    throw new UnloadableError('it contains a NUL byte');
  }
  const text = bytes.toString('utf8');
  const value = parse(text, firstLine);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UnloadableError('not a JSON object');
  }
  return value as Record<string, unknown>;
}

function parse(text: string, firstLine: number): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    const position = /position (\d+)/.exec(message)?.[1];
    const line = position === undefined ? undefined : lineAt(text, Number(position), firstLine);
    throw new UnloadableError(`not JSON: ${withoutQuotation(message)}`, line);
  }
}

/** `Unexpected token 'x', ..."text around"... is not valid JSON` quotes the text; other messages only say where. */
function withoutQuotation(message: string): string {
  const [fault = ''] = message.split(/, (?:\.\.\.)?"/);
  return fault.charAt(0).toLowerCase() + fault.slice(1);
}

function lineAt(text: string, position: number, firstLine: number): number {
  let line = firstLine;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}
