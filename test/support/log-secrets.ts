import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is in no log, whatever happened. SPEC G-087 */
const forms: readonly (readonly [what: string, form: RegExp])[] = [
  ['a token or an assertion', /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}/],
  ['an Authorization header', /\b(Bearer|Basic|SharedKey) [\w.~+/=-]{16,}/],
  ['a private key', /PRIVATE KEY-----|"d" ?: ?"[\w-]{20,}"/],
  ['the query of a signed URL', /[?&](X-Amz-Signature|X-Goog-Signature|sig|signature)=[\w%]/i],
  ['a password', /:\/\/[^\s/:@"]*:(?!password@)[^\s/@"]+@/],
  ['the id of a patient', /\bPatient\/[A-Za-z0-9]/],
  ['parameters that can name patients', /[?&](patient|_typeFilter|subject)=[^\s&"]/],
];

/** Members of account resources, and settings, whose values are secrets. */
const secretNames = /(^|[-_])(key|secret|password|token)$/i;

/** The least that is looked for by its value: shorter ones could be in a log by chance. */
const minLength = 12;

/**
 * Checks what a process has written.
 *
 * @param env its settings, whose secrets are looked for by their values
 * @throws Error that names the kind of secret and gives what stands around it
 */
export function checkLog(text: string, env: Environment): void {
  for (const [what, form] of forms) {
    const found = form.exec(text);
    if (found) throw leak(what, text, found.index);
  }
  for (const secret of secretsOf(env)) {
    const at = text.indexOf(secret);
    if (at !== -1) throw leak('a secret of the settings', text, at);
  }
}

function leak(what: string, text: string, at: number): Error {
  return new Error(`There is ${what} in a log: …${text.slice(Math.max(0, at - 200), at + 60)}…`);
}

function secretsOf(env: Environment): Set<string> {
  const found = new Set<string>();
  const add = (name: string, value: unknown): void => {
    if (typeof value === 'object' && value !== null) {
      for (const [inner, member] of Object.entries(value)) add(inner, member);
    } else if (typeof value === 'string' && secretNames.test(name) && !value.startsWith('/')) {
      const lines = value.split('\n').filter((line) => line.length >= minLength);
      for (const line of lines) found.add(line);
    }
  };
  add('', env);
  for (const account of readAccounts(env['ACCOUNTS_FILE'])) add('', account);
  return found;
}

/** A file that is none, or holds no accounts, is what some tests are about. */
function readAccounts(path: string | undefined): unknown[] {
  try {
    const text = path === undefined ? '' : readFileSync(path, 'utf8');
    return parseAllDocuments(text).map((document) => document.toJS() as unknown);
  } catch {
    return [];
  }
}
