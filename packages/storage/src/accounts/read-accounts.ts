import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { LineCounter, parseAllDocuments } from 'yaml';
import type { StorageSettingsFault } from '../settings/storage-settings-error.ts';
import {
  checkAccountResource,
  type AccountReference,
  type AccountResource,
} from './account-resources.ts';
import { checkYamlBounds } from './yaml-bounds.ts';

/** The resources of ACCOUNTS_FILE. */
export interface Accounts {
  readonly resources: readonly AccountResource[];
  readonly faults: readonly StorageSettingsFault[];
}

/**
 * Reads account resources as YAML or JSON: one document, several, or lists of them, in a file or in
 * the files of a folder. Faults name file and property and repeat nothing of the content.
 */
export function readAccounts(path: string): Accounts {
  const resources: AccountResource[] = [];
  const faults: StorageSettingsFault[] = [];
  const refuse = (file: string, what: string): void => {
    faults.push({ text: `ACCOUNTS_FILE: ${basename(file)}`, remedy: what });
  };
  for (const file of filesOf(path, refuse)) {
    for (const document of documentsOf(file, refuse)) {
      const checked = checkAccountResource(document);
      if (isResource(checked)) resources.push(checked);
      else refuse(file, `${nameOf(document)}${checked.join(', ')}`);
    }
  }
  for (const [name, count] of counts(resources)) {
    if (count > 1) refuse(path, `${name} is there ${count} times`);
  }
  return { resources, faults };
}

/** The resource that a reference names. */
export function findAccount<R extends AccountReference>(
  resources: readonly AccountResource[],
  { id, resourceType }: R,
): Extract<AccountResource, { resourceType: R['resourceType'] }> | undefined {
  return resources.find(
    (found): found is Extract<AccountResource, { resourceType: R['resourceType'] }> =>
      found.id === id && found.resourceType === resourceType,
  );
}

/** Most errors of a file that are reported: the first says enough. */
const maxErrors = 10;

type Refuse = (file: string, what: string) => void;

/**
 * Kubernetes puts the files of a secret into a folder of its own, `..data`, and links to them; names
 * that begin with a dot are its business.
 */
function filesOf(path: string, refuse: Refuse): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const files = readdirSync(path)
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) => join(path, name))
      .filter((file) => statSync(file).isFile());
    if (files.length === 0) refuse(path, 'the folder has no files');
    return files;
  } catch (error) {
    refuse(path, `cannot be read (${codeOf(error)})`);
    return [];
  }
}

/** With the failsafe schema every scalar is text: a key of digits alone stays what it is. */
function documentsOf(file: string, refuse: Refuse): unknown[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    refuse(file, `cannot be read (${codeOf(error)})`);
    return [];
  }
  const excess = checkYamlBounds(text);
  if (excess !== undefined) {
    refuse(file, excess);
    return [];
  }
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, {
    schema: 'failsafe',
    // A pretty error quotes its line, in time that grows with the line.
    prettyErrors: false,
    lineCounter,
    // Collections as keys would be written as text again, in more than linear time.
    stringKeys: true,
  });
  const documents = Array.isArray(parsed) ? parsed : [];
  const errors = documents.flatMap((document) => document.errors);
  // The message of an error may quote the text.
  for (const { code, pos } of errors.slice(0, maxErrors)) {
    refuse(file, `line ${lineCounter.linePos(pos[0]).line} is neither YAML nor JSON (${code})`);
  }
  if (errors.length > 0) return [];
  return documents.flatMap((document) => document.toJS() as unknown).filter((d) => d !== null);
}

function isResource(checked: AccountResource | readonly string[]): checked is AccountResource {
  return 'resourceType' in checked;
}

function nameOf(document: unknown): string {
  const { resourceType, id } = (document ?? {}) as Record<string, unknown>;
  const named = [resourceType, id].filter((part) => typeof part === 'string');
  return named.length === 0 ? '' : `${named.join(' ')}: `;
}

function counts(resources: readonly AccountResource[]): Map<string, number> {
  const found = new Map<string, number>();
  for (const { resourceType, id } of resources) {
    const name = `${resourceType} ${id}`;
    found.set(name, (found.get(name) ?? 0) + 1);
  }
  return found;
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'fault';
}
