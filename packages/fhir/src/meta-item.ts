import { scanArray, scanObject } from './json-scan.ts';
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

/**
 * Adds the item to the `meta` of a resource's text, at the end of its list, and leaves everything else as it is to the byte; the same
 * buffer comes back when the item is there. A missing list is put at the end of `meta`, a missing `meta` behind `id`. The text has to be
 * valid JSON. Throws a `ResourceTextError` when `meta` or the list is of the wrong shape.
 */
export function addMetaItem(text: Buffer, item: MetaItem): Buffer {
  const members = scanObject(text, 0, ['resourceType', 'id', 'meta']);
  const find = (name: string) => members.find((member) => member.name === name)?.value;
  const meta = find('meta');
  const list = `"${item.list}":[${item.text}]`;
  if (meta === undefined) {
    const before = find('id') ?? find('resourceType');
    if (before === undefined) throw new ResourceTextError('a resource must have an id');
    return insert(text, before.end, `,"meta":{${list}}`);
  }
  if (text[meta.start] !== openBrace) throw new ResourceTextError('meta must be an object');
  const metaMembers = scanObject(text, meta.start);
  const there = metaMembers.find((member) => member.name === item.list)?.value;
  if (there === undefined) {
    return insert(text, meta.end - 1, metaMembers.length > 0 ? `,${list}` : list);
  }
  if (text[there.start] !== openBracket) {
    throw new ResourceTextError(`meta.${item.list} must be an array`);
  }
  const items = scanArray(text, there.start);
  if (items.some(({ start, end }) => item.isSame(JSON.parse(text.toString('utf8', start, end))))) {
    return text;
  }
  return insert(text, there.end - 1, items.length > 0 ? `,${item.text}` : item.text);
}

function insert(bytes: Buffer, at: number, text: string): Buffer {
  return Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at)]);
}
