import { checkJsonBounds } from '@sluice/fhir';

/** Most bytes of a call. */
export const maxCallBytes = 4096;

const jsonBounds = { maxDepth: 8 };

/** Reads the method of a call in JSON, an object with the member `method`; `undefined` when there is none. */
export function readJsonMethod(call: Buffer): string | undefined {
  if (call.length > maxCallBytes || checkJsonBounds(call, jsonBounds) !== undefined) {
    return undefined;
  }
  try {
    const { method } = (JSON.parse(call.toString()) ?? {}) as { method?: unknown };
    return typeof method === 'string' ? method : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Reads the method of a call in YAML. Of all YAML one form is read: the line `method: name`, the name as it is or in quotes,
 * with comments, empty lines and the marks of a document around it. `undefined` for anything else. A parser of YAML is
 * recursive and much too mighty for what a stranger may send.
 */
export function readYamlMethod(call: Buffer): string | undefined {
  if (call.length > maxCallBytes) return undefined;
  const lines = call.toString().split('\n').map(withoutComment).filter(isContent);
  const [line] = lines;
  if (line === undefined || lines.length > 1 || !line.startsWith('method: ')) return undefined;
  const name = line.slice('method: '.length).trim();
  const quote = name.charAt(0);
  const isQuoted = (quote === '"' || quote === "'") && name.length > 2 && name.endsWith(quote);
  const plain = isQuoted ? name.slice(1, -1) : name;
  return /^[A-Za-z][\w./-]*$/.test(plain) ? plain : undefined;
}

function withoutComment(line: string): string {
  const comment = line.startsWith('#') ? 0 : line.indexOf(' #');
  return (comment === -1 ? line : line.slice(0, comment)).trimEnd();
}

function isContent(line: string): boolean {
  return line !== '' && line !== '---' && line !== '...';
}
