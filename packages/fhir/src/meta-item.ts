import { type JsonMember, scanArray, scanObject } from './json-scan.ts';
import { ResourceTextError } from './meta-splice.ts';

/** Something to have in one of the lists of a resource's `meta`. */
export interface MetaItem {
  readonly list: 'tag' | 'extension';
  /** JSON of it. */
  readonly text: string;
  /** Whether an item that is there already says the same. */
  readonly isSame: (item: unknown) => boolean;
}

const openBrace = 0x7b;
const openBracket = 0x5b;

/** Text to be put into another one. */
export interface Insertion {
  /** The byte that it goes before. */
  readonly at: number;
  readonly text: string;
}

/**
 * Adds the item to the `meta` of a resource's text and leaves everything else as it is to the byte; the same buffer comes back when
 * the item is there. The text has to be valid JSON. Throws as `metaInsertion` does.
 */
export function addMetaItem(text: Buffer, item: MetaItem): Buffer {
  const insertion = metaInsertion(text, scanObject(text, 0, ['resourceType', 'id', 'meta']), item);
  if (insertion === undefined) return text;
  const { at, text: added } = insertion;
  return Buffer.concat([text.subarray(0, at), Buffer.from(added), text.subarray(at)]);
}

/**
 * What has to be put into a resource's text, and where, for its `meta` to have the item at the end of its list; nothing when it is there. A missing
 * list is put at the end of `meta`, a missing `meta` behind `id`. Of the members of the resource `resourceType`, `id` and `meta` are needed.
 * Throws a `ResourceTextError` when `meta` or the list is of the wrong shape.
 */
export function metaInsertion(
  text: Buffer,
  members: readonly JsonMember[],
  item: MetaItem,
): Insertion | undefined {
  const find = (name: string) => members.find((member) => member.name === name)?.value;
  const meta = find('meta');
  const list = `"${item.list}":[${item.text}]`;
  if (meta === undefined) {
    const before = find('id') ?? find('resourceType');
    if (before === undefined) throw new ResourceTextError('a resource must have an id');
    return { at: before.end, text: `,"meta":{${list}}` };
  }
  if (text[meta.start] !== openBrace) throw new ResourceTextError('meta must be an object');
  const metaMembers = scanObject(text, meta.start);
  const there = metaMembers.find((member) => member.name === item.list)?.value;
  if (there === undefined) {
    return { at: meta.end - 1, text: metaMembers.length > 0 ? `,${list}` : list };
  }
  if (text[there.start] !== openBracket) {
    throw new ResourceTextError(`meta.${item.list} must be an array`);
  }
  const items = scanArray(text, there.start);
  if (items.some(({ start, end }) => item.isSame(JSON.parse(text.toString('utf8', start, end))))) {
    return undefined;
  }
  return { at: there.end - 1, text: items.length > 0 ? `,${item.text}` : item.text };
}
