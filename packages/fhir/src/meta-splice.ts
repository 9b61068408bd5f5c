import { type JsonMember, scanObject } from './json-scan.ts';

/** Which members the store has yet to write between head and tail. */
export type Splice = 'none' | 'last-updated' | 'version-and-last-updated';

/**
 * A resource's text cut where `meta` needs writing. With `none`, `head` is the whole text and there is no tail. Otherwise the body is
 * `head` + inner + `tail`, inner being `"lastUpdated":"T"` or `"versionId":"V","lastUpdated":"T"`; braces
 * and commas around it are in head and tail already.
 */
export interface SplicedResource {
  head: Buffer;
  tail?: Buffer;
  splice: Splice;
}

/** The text of a resource is JSON, but says something twice or says it in the wrong shape. */
export class ResourceTextError extends Error {
  readonly code = 'invalid-resource-text';

  constructor(message: string) {
    super(message);
    this.name = 'ResourceTextError';
  }
}

const topNames = ['resourceType', 'id', 'meta'] as const;
const metaNames: readonly string[] = ['versionId', 'lastUpdated'];

/**
 * Cuts a resource's text where its `meta.versionId` and `meta.lastUpdated` belong.
 *
 * Without `stamp`, a text that gives lastUpdated is left alone to the byte, even when its versionId is missing; one that does not gets
 * lastUpdated, and versionId if that is missing too. With `stamp` both are cut out and written anew. A missing `meta`
 * is put behind `id`. Everything else in the text stays as it is, so the text must be valid JSON before (see
 * `minifyJson`), and on one line if it is to be stored as NDJSON. Throws a `ResourceTextError` when resourceType, id, meta or one
 * of the two members is there twice, or `meta` is no object. A caller who knows from `scanResource` where resourceType, id and meta
 * are in this very text passes them as `members`. https://hl7.org/fhir/R4/resource.html#Meta
 */
export function spliceMeta(
  body: Buffer,
  options: { stamp: boolean; members?: readonly JsonMember[] | undefined },
): SplicedResource {
  const members = options.members ?? scanObject(body, 0, topNames);
  rejectRepeats(members, topNames, '');
  const meta = members.find((member) => member.name === 'meta');
  if (meta === undefined) {
    return insertMeta(body, members);
  }
  const { start, end } = meta.value;
  if (body[start] !== 0x7b) {
    throw new ResourceTextError('meta must be an object');
  }
  const given = scanObject(body, start, metaNames);
  rejectRepeats(given, metaNames, 'meta.');
  const gives = (name: string): boolean => given.some((member) => member.name === name);
  if (!options.stamp && gives('lastUpdated')) {
    return { head: body, splice: 'none' };
  }
  const kept = scanObject(body, start).filter(
    ({ name }) => !options.stamp || !metaNames.includes(name),
  );
  const tail = kept.flatMap((member) => [comma, body.subarray(member.start, member.value.end)]);
  return {
    head: body.subarray(0, start + 1),
    tail: Buffer.concat([...tail, body.subarray(end - 1)]),
    splice: !options.stamp && gives('versionId') ? 'last-updated' : 'version-and-last-updated',
  };
}

const comma = Buffer.from(',');

function rejectRepeats(
  members: readonly JsonMember[],
  names: readonly string[],
  prefix: string,
): void {
  for (const name of names) {
    if (members.filter((member) => member.name === name).length > 1) {
      throw new ResourceTextError(`${prefix}${name} is there twice`);
    }
  }
}

/** Behind `id`, else behind `resourceType`, else (of no use to anyone, but valid) at the start. */
function insertMeta(body: Buffer, members: readonly JsonMember[]): SplicedResource {
  const before =
    members.find(({ name }) => name === 'id') ??
    members.find(({ name }) => name === 'resourceType');
  const splice = 'version-and-last-updated';
  if (before !== undefined) {
    const { end } = before.value;
    return {
      head: Buffer.concat([body.subarray(0, end), Buffer.from(',"meta":{')]),
      tail: Buffer.concat([Buffer.from('}'), body.subarray(end)]),
      splice,
    };
  }
  const inside = body.indexOf(0x7b) + 1;
  const isEmpty = scanObject(body).length === 0;
  return {
    head: Buffer.concat([body.subarray(0, inside), Buffer.from('"meta":{')]),
    tail: Buffer.concat([Buffer.from(isEmpty ? '}' : '},'), body.subarray(inside)]),
    splice,
  };
}
