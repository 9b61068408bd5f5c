import { basename } from 'node:path';
import {
  isId,
  type JsonMember,
  minifyJson,
  parseReference,
  scanArray,
  scanObject,
} from '@sluice/fhir';
import { UnloadableError } from './load-problem.ts';
import { isNamedNdjson } from './read-texts.ts';
import { type References, rewriteReferences } from './rewrite-references.ts';

/** What one entry of a Bundle asks for, with the line it begins on and its place in the Bundle, counted from 1. */
export type BundleItem = { line: number; entry: number } & (
  | { kind: 'resource'; bytes: Buffer }
  | { kind: 'delete'; type: string; id: string }
  | { kind: 'problem'; message: string }
);

const carriers = new Set(['transaction', 'batch', 'collection', 'history', 'searchset']);
const requests = new Set(['transaction', 'batch']);

/**
 * Says whether a parsed resource is a Bundle that only carries others: transaction, batch, collection, history or searchset. Documents,
 * messages and any other type are resources themselves. So are all but transaction and batch in files named `Bundle….ndjson`:
 * that is what exported Bundles come in, and the transactions among them are lists of what was deleted.
 */
export function carriesResources(
  resource: Readonly<Record<string, unknown>>,
  path: string,
): boolean {
  if (resource.resourceType !== 'Bundle' || typeof resource.type !== 'string') {
    return false;
  }
  const holdsBundles = isNamedNdjson(path) && /^Bundle\b/.test(basename(path));
  return (holdsBundles ? requests : carriers).has(resource.type);
}

/**
 * Takes a Bundle apart, from its text, which must be valid JSON: the resources' own texts are cut out and only references to `urn:` full
 * URLs of the Bundle are rewritten. Deletions of a transaction come first, as FHIR has it (https://hl7.org/fhir/R4/http.html#trules).
 * Of a history, which lists the newest first, each resource's newest state counts.
 */
export function* readBundle(bytes: Buffer, type: string, firstLine: number): Generator<BundleItem> {
  const entries = findEntries(bytes, firstLine);
  const references: References = new Map();
  for (const entry of entries) {
    if (
      entry.fullUrl?.startsWith('urn:') === true &&
      entry.type !== undefined &&
      entry.id !== undefined
    ) {
      references.set(entry.fullUrl, `${entry.type}/${entry.id}`);
    }
  }
  const deletesFirst = type === 'transaction';
  const ordered = deletesFirst
    ? [...entries.filter(isDelete), ...entries.filter((entry) => !isDelete(entry))]
    : entries;
  const seen = new Set<string>();
  for (const entry of ordered) {
    const item = readEntry(bytes, entry, references);
    if (type === 'history' && (item?.kind === 'resource' || item?.kind === 'delete')) {
      const key = item.kind === 'delete' ? `${item.type}/${item.id}` : `${entry.type}/${entry.id}`;
      if (seen.has(key)) {
        continue;
      }
      seen.add(key);
    }
    if (item !== undefined) {
      yield item;
    }
  }
}

/** The little of an entry that is kept while the Bundle is read. */
interface Entry {
  line: number;
  number: number;
  fullUrl: string | undefined;
  method: string | undefined;
  url: string | undefined;
  searchMode: string | undefined;
  resource: { start: number; end: number } | undefined;
  type: string | undefined;
  /** The id given, or for a resource without one, the UUID of its full URL. */
  id: string | undefined;
  idIsGiven: boolean;
}

const openBracket = 0x5b;
const openBrace = 0x7b;

const isDelete = (entry: Entry): boolean => entry.method === 'DELETE';

function findEntries(bytes: Buffer, firstLine: number): Entry[] {
  const list = onlyMember(scanObject(bytes), 'entry');
  if (list === undefined) {
    return [];
  }
  if (bytes[list.value.start] !== openBracket) {
    throw new UnloadableError('the entry of the Bundle is no array');
  }
  let line = firstLine;
  let counted = 0;
  return scanArray(bytes, list.value.start).map(({ start }, index) => {
    for (let at = bytes.indexOf(0x0a, counted); at !== -1 && at < start;) {
      line += 1;
      at = bytes.indexOf(0x0a, at + 1);
    }
    counted = start;
    return describeEntry(bytes, start, line, index + 1);
  });
}

function describeEntry(bytes: Buffer, start: number, line: number, number: number): Entry {
  if (bytes[start] !== openBrace) {
    throw new UnloadableError(`entry ${number} of the Bundle is no object`, line);
  }
  const members = scanObject(bytes, start);
  const request = readSmall(bytes, members, 'request');
  const fullUrl = readSmall(bytes, members, 'fullUrl');
  const search = readSmall(bytes, members, 'search');
  const value = onlyMember(members, 'resource')?.value;
  const resource = value !== undefined && bytes[value.start] === openBrace ? value : undefined;
  const inside = resource === undefined ? [] : scanObject(bytes, resource.start);
  const id = text(readSmall(bytes, inside, 'id'));
  const uuid = text(fullUrl)?.match(/^urn:uuid:(.+)$/)?.[1];
  return {
    line,
    number,
    fullUrl: text(fullUrl),
    method: text(field(request, 'method')),
    url: text(field(request, 'url')),
    searchMode: text(field(search, 'mode')),
    resource,
    type: text(readSmall(bytes, inside, 'resourceType')),
    id: id ?? (uuid !== undefined && isId(uuid) ? uuid : undefined),
    idIsGiven: inside.some((member) => member.name === 'id'),
  };
}

function readEntry(bytes: Buffer, entry: Entry, references: References): BundleItem | undefined {
  const place = { line: entry.line, entry: entry.number };
  if (isDelete(entry)) {
    const target = parseReference(entry.url ?? '');
    return target === undefined
      ? { ...place, kind: 'problem', message: 'only a DELETE of type/id can be loaded' }
      : { ...place, kind: 'delete', ...target };
  }
  if (entry.method === 'PATCH') {
    return { ...place, kind: 'problem', message: 'a PATCH cannot be loaded' };
  }
  const isRead = entry.method === 'GET' || entry.method === 'HEAD';
  if (isRead || entry.searchMode === 'outcome') {
    return undefined;
  }
  if (entry.resource === undefined) {
    return { ...place, kind: 'problem', message: 'it has no resource object' };
  }
  const resource = minifyJson(bytes.subarray(entry.resource.start, entry.resource.end));
  const withId =
    entry.idIsGiven || entry.id === undefined ? resource : insertId(resource, entry.id);
  return { ...place, kind: 'resource', bytes: rewriteReferences(withId, references) };
}

/** A resource to be created need not have an id; the UUID of its full URL serves, so that loading it again changes nothing. */
function insertId(bytes: Buffer, id: string): Buffer {
  const before = scanObject(bytes).find((member) => member.name === 'resourceType');
  if (before === undefined) {
    return bytes;
  }
  const { end } = before.value;
  return Buffer.concat([bytes.subarray(0, end), Buffer.from(`,"id":"${id}"`), bytes.subarray(end)]);
}

function onlyMember(members: readonly JsonMember[], name: string): JsonMember | undefined {
  const [member, ...others] = members.filter((each) => each.name === name);
  if (others.length > 0) {
    throw new UnloadableError(`the Bundle has "${name}" twice in one place`);
  }
  return member;
}

function readSmall(bytes: Buffer, members: readonly JsonMember[], name: string): unknown {
  const member = onlyMember(members, name);
  return member && JSON.parse(bytes.toString('utf8', member.value.start, member.value.end));
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
