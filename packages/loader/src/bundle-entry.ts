import {
  isId,
  isResourceType,
  type JsonMember,
  type JsonSpan,
  parseReference,
  scanObject,
} from '@sluice/fhir';
import { UnloadableError } from './load-problem.ts';
import type { EntryMatch, EntrySearch } from './match-entries.ts';
import { lineAt, readJson } from './read-json.ts';
import { readResource } from './read-resource.ts';
import type { References } from './bundle-references.ts';
import { rewriteReferences } from './rewrite-references.ts';
import type { ReadResource } from './stage-resource.ts';

/** What an entry of a Bundle asks for. */
export type EntryRequest =
  | { kind: 'resource'; type: string | undefined; id: string | undefined; read: ReadResource }
  | { kind: 'delete'; type: string; id: string }
  /** Nothing to be stored: a read, the outcome of a search, or a response without a resource. */
  | { kind: 'nothing' };

/** What says what an entry is for, read from its text. */
export interface BundleEntry {
  readonly line: number;
  readonly bytes: Buffer;
  readonly fullUrl: string | undefined;
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly ifNoneExist: string | undefined;
  readonly searchMode: string | undefined;
  /** The entry says how a request went. */
  readonly isResponse: boolean;
  readonly resource: JsonSpan | undefined;
  readonly type: string | undefined;
  /** The id given, or for a resource without one, the UUID of its full URL. */
  readonly id: string | undefined;
  readonly idIsGiven: boolean;
}

/** Longer than any request, URL or id is. */
const maxSmallBytes = 64 * 1024;
const openBrace = 0x7b;

/** Reads the text of an entry without looking further into its resource. Throws an `UnloadableError` when it makes no sense. */
export function readEntry(bytes: Buffer, line: number): BundleEntry {
  if (bytes[0] !== openBrace) throw new UnloadableError('not a JSON object');
  const members = membersOf(bytes, 0, entryNames);
  const read = (name: string, among = members): unknown => readSmall(bytes, among, name, line);
  const request = read('request');
  const fullUrl = text(read('fullUrl'));
  const search = read('search');
  const value = findOnly(members, 'resource')?.value;
  const resource = value !== undefined && bytes[value.start] === openBrace ? value : undefined;
  const inside = resource === undefined ? [] : membersOf(bytes, resource.start, idNames);
  const id = text(read('id', inside));
  const uuid = fullUrl?.startsWith(uuidPrefix) ? fullUrl.slice(uuidPrefix.length) : undefined;
  return {
    line,
    bytes,
    fullUrl,
    method: text(field(request, 'method')),
    url: text(field(request, 'url')),
    ifNoneExist: text(field(request, 'ifNoneExist')),
    searchMode: text(field(search, 'mode')),
    isResponse: members.some((member) => member.name === 'response'),
    resource,
    type: text(read('resourceType', inside)),
    id: id ?? (uuid !== undefined && isId(uuid) ? uuid : undefined),
    idIsGiven: inside.some((member) => member.name === 'id'),
  };
}

const entryNames = ['fullUrl', 'request', 'resource', 'response', 'search'];
const idNames = ['resourceType', 'id'];
const uuidPrefix = 'urn:uuid:';

/** Which resource an entry deletes; `undefined` if it is no deletion, or one of something else than type/id. */
export function deletionOf(entry: BundleEntry): { type: string; id: string } | undefined {
  if (entry.method !== 'DELETE' || entry.url === undefined) return undefined;
  // An absolute one is on the server that the Bundle comes from.
  const isAbsolute = /^https?:\/\//.test(entry.url);
  return parseReference(isAbsolute ? entry.url.split('/').slice(-2).join('/') : entry.url);
}

/** The search by which an entry says which resource it is about; `undefined` if it does not. */
export function searchOf(entry: BundleEntry, number: number): EntrySearch | undefined {
  const { method, url = '', ifNoneExist, fullUrl, type, id } = entry;
  const searched = /^(\w+)(\?.+)$/s.exec(url);
  const [, named, asked] = searched ?? [];
  if (method === 'DELETE' && named !== undefined && asked !== undefined && isResourceType(named)) {
    return { line: entry.line, number, kind: 'delete', type: named, search: asked, fullUrl, id };
  }
  // An entry of another type is refused when it is read.
  if (type === undefined || !isResourceType(type)) return undefined;
  const kind = method === 'POST' ? 'create' : 'update';
  const query = kind === 'create' ? ifNoneExist : asked;
  if (query === undefined || query === '' || (kind === 'update' && method !== 'PUT')) {
    return undefined;
  }
  const { line } = entry;
  return {
    line,
    number,
    kind,
    type,
    search: query.startsWith('?') ? query : `?${query}`,
    fullUrl,
    id,
  };
}

/** Reads what an entry asks for, references to full URLs rewritten. Throws an `UnloadableError` when it cannot be done. */
export function readRequest(
  entry: BundleEntry,
  references: References,
  match?: EntryMatch,
): EntryRequest {
  if (match?.kind === 'fault') throw new UnloadableError(match.message);
  if (match?.kind === 'nothing') return { kind: 'nothing' };
  if (entry.method === 'DELETE') {
    const searched = match && /^\w+/.exec(entry.url ?? '')?.[0];
    if (match !== undefined && searched !== undefined) {
      return { kind: 'delete', type: searched, id: match.id };
    }
    const target = deletionOf(entry);
    if (target === undefined)
      throw new UnloadableError(
        'only a DELETE of type/id, or of type?identifier=system|value, can be loaded',
      );
    return { kind: 'delete', ...target };
  }
  if (entry.method === 'PATCH') throw new UnloadableError('a PATCH cannot be loaded');
  const isRead = entry.method === 'GET' || entry.method === 'HEAD';
  const isAnswer = entry.resource === undefined || entry.type === 'OperationOutcome';
  const isMereResponse = entry.isResponse && isAnswer;
  if (isRead || isMereResponse || entry.searchMode === 'outcome') return { kind: 'nothing' };
  if (entry.resource === undefined) throw new UnloadableError('it has no resource object');
  const { start, end } = entry.resource;
  const given = entry.bytes.subarray(start, end);
  const id = match?.id ?? entry.id;
  const withId =
    id === undefined || (entry.idIsGiven && id === entry.id) ? given : writeId(given, id);
  const read = readResource(withId, lineAt(entry.bytes, start, entry.line));
  // Only what is known to be JSON can be minified, and only in minified text are references found.
  const rewritten = rewriteReferences(read.bytes, references);
  return {
    kind: 'resource',
    type: entry.type,
    id,
    read: rewritten === read.bytes ? read : readResource(rewritten),
  };
}

/** A resource to be created need not have an id; the UUID of its full URL serves, so that loading it again changes nothing. */
function writeId(bytes: Buffer, id: string): Buffer {
  const given = membersOf(bytes, 0, ['id'])[0]?.value;
  if (given !== undefined) {
    return Buffer.concat([
      bytes.subarray(0, given.start),
      Buffer.from(JSON.stringify(id)),
      bytes.subarray(given.end),
    ]);
  }
  const before = membersOf(bytes, 0, ['resourceType'])[0];
  if (before === undefined) return bytes;
  const { end } = before.value;
  return Buffer.concat([bytes.subarray(0, end), Buffer.from(`,"id":"${id}"`), bytes.subarray(end)]);
}

function membersOf(bytes: Buffer, start: number, names?: readonly string[]): JsonMember[] {
  try {
    return scanObject(bytes, start, names);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UnloadableError('not a JSON object');
    throw error;
  }
}

function findOnly(members: readonly JsonMember[], name: string): JsonMember | undefined {
  const [member, ...others] = members.filter((each) => each.name === name);
  if (others.length > 0) throw new UnloadableError(`"${name}" is there twice in one place`);
  return member;
}

function readSmall(
  bytes: Buffer,
  members: readonly JsonMember[],
  name: string,
  line: number,
): unknown {
  const member = findOnly(members, name);
  if (member === undefined) return undefined;
  const { start, end } = member.value;
  if (end - start > maxSmallBytes) {
    throw new UnloadableError(`its ${name} is longer than ${maxSmallBytes} bytes`);
  }
  return readJson(bytes.subarray(start, end), line);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
