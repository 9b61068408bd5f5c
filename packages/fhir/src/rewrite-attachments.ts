import { attachmentPaths, sameElements } from './generated/attachments.ts';
import { isId } from './ids.ts';
import { relativeReference } from './reference.ts';
import { type JsonSpan, scanArray, scanObject } from './json-scan.ts';

/** The types that can hold attachments, extensions aside; no other text is ever changed by `compileAttachments`. */
export const attachmentTypes: ReadonlySet<string> = new Set(Object.keys(attachmentPaths));

/** How the URLs of attachments are to be. */
export interface AttachmentUrls {
  /** The URL under which the Binary can be fetched. */
  readonly urlOf: (binaryId: string) => string;
  /** Base of this server: URLs of Binaries that begin with it are ours. */
  readonly baseUrl: string;
  /** The other names of this server. */
  readonly otherBases?: readonly string[] | undefined;
}

/**
 * Compiles a function that gives every Attachment of a resource's text a URL of `urlOf`, where it points to a Binary of this
 * server: `Binary/1`, `/Binary/1` or `[base]/Binary/1`, under any of its names. Everything else stays as it is to the byte; the same buffer comes back when there
 * is nothing to do. The text has to be valid JSON. Attachments of contained resources and of extensions stay as they are. SPEC E-044, E-047
 */
export function compileAttachments(
  type: string,
  { urlOf, baseUrl, otherBases = [] }: AttachmentUrls,
): (line: Buffer) => Buffer {
  const root = placesOf(type);
  const bases = [baseUrl, ...otherBases];
  const newUrl = (url: string): string | undefined => {
    const relative = relativeReference(url, bases);
    const id = relative.startsWith('Binary/') ? relative.slice('Binary/'.length) : '';
    return isId(id) ? urlOf(id) : undefined;
  };
  return (line) => {
    // Most resources have none, and searching is far cheaper than scanning.
    if (root === undefined || !(line.includes('Binary') || line.includes('\\u'))) return line;
    return replaceStrings(line, findUrls(line, root), newUrl);
  };
}

/** A place in a resource that leads to an Attachment, or is one. */
interface Place {
  isAttachment: boolean;
  readonly next: Map<string, Place>;
}

function placesOf(type: string): Place | undefined {
  const paths = attachmentTypes.has(type) ? attachmentPaths[type] : undefined;
  if (paths === undefined) return undefined;
  const root = newPlace();
  for (const path of paths) {
    placeAt(root, path.split('.')).isAttachment = true;
  }
  for (const [path, same] of Object.entries(sameElements[type] ?? {})) {
    const names = path.split('.');
    placeAt(root, names.slice(0, -1)).next.set(names.at(-1) ?? '', placeAt(root, same.split('.')));
  }
  return root;
}

function placeAt(root: Place, names: readonly string[]): Place {
  let place = root;
  for (const name of names) {
    const next = place.next.get(name) ?? newPlace();
    place.next.set(name, next);
    place = next;
  }
  return place;
}

function newPlace(): Place {
  return { isAttachment: false, next: new Map() };
}

const openBrace = 0x7b;
const openBracket = 0x5b;
const quote = 0x22;

/** Where the `url`s of attachments are, in the order of the text. */
function findUrls(line: Buffer, root: Place): JsonSpan[] {
  const urls: JsonSpan[] = [];
  const visit = (at: number, place: Place): void => {
    if (line[at] === openBracket) {
      for (const item of scanArray(line, at)) visit(item.start, place);
    } else if (line[at] === openBrace && place.isAttachment) {
      urls.push(...scanObject(line, at, ['url']).map(({ value }) => value));
    } else if (line[at] === openBrace) {
      for (const { name, value } of scanObject(line, at, [...place.next.keys()])) {
        const next = place.next.get(name);
        if (next) visit(value.start, next);
      }
    }
  };
  visit(0, root);
  return urls;
}

function replaceStrings(
  line: Buffer,
  spans: readonly JsonSpan[],
  change: (text: string) => string | undefined,
): Buffer {
  const pieces: Buffer[] = [];
  let copied = 0;
  for (const { start, end } of spans) {
    if (line[start] !== quote) continue;
    const changed = change(String(JSON.parse(line.toString('utf8', start, end))));
    if (changed === undefined) continue;
    pieces.push(line.subarray(copied, start), Buffer.from(JSON.stringify(changed)));
    copied = end;
  }
  return pieces.length === 0 ? line : Buffer.concat([...pieces, line.subarray(copied)]);
}
