import {
  isResourceType,
  type JsonMember,
  ResourceTextError,
  scanObject,
  spliceMeta,
} from '@sluice/fhir';
import type { StagedResource } from '@sluice/postgres';

/** What the first bytes of a line say it is. */
export interface LineStart {
  readonly type: string;
  readonly id: string;
  readonly members: readonly JsonMember[];
}

/** Bytes that are looked at: no resource has a longer type and id. */
const startBytes = 200;
const typeFirst = /^\{"resourceType":"(\w{1,64})","id":"([\w\-.:=]{1,88})"/;
const idFirst = /^\{"id":"([\w\-.:=]{1,88})","resourceType":"(\w{1,64})"/;

/** Reads type and id where nearly every writer puts them, at the start; `undefined` for lines that begin otherwise. What follows is not looked at. */
export function readLineStart(bytes: Buffer): LineStart | undefined {
  const start = bytes.toString('latin1', 0, Math.min(startBytes, bytes.length));
  const [plain, plainType, plainId] = typeFirst.exec(start) ?? [];
  if (plain !== undefined && plainType !== undefined && plainId !== undefined) {
    if (!isResourceType(plainType)) return undefined;
    const id = plain.length - plainId.length - 2;
    const members = [member('resourceType', 1, id - 6), member('id', id - 5, plain.length)];
    return { type: plainType, id: plainId, members };
  }
  const [other, otherId, otherType] = idFirst.exec(start) ?? [];
  if (other === undefined || otherId === undefined || otherType === undefined) return undefined;
  if (!isResourceType(otherType)) return undefined;
  const type = other.length - otherType.length - 2;
  const members = [member('id', 1, type - 16), member('resourceType', type - 15, other.length)];
  return { type: otherType, id: otherId, members };
}

/** A member that begins and ends at these places; there is no space in it. */
function member(name: string, start: number, end: number): JsonMember {
  return { name, start, value: { start: start + name.length + 3, end } };
}

const metaStart = Buffer.from(',"meta":{');

/**
 * Cuts a line as `spliceMeta` does without reading beyond its `meta`, which is looked for behind type and id. That makes no claim: if the line is
 * other than it looks, what comes out is nothing that is stored.
 */
export function cutLine(
  bytes: Buffer,
  { members }: LineStart,
): Pick<StagedResource, 'head' | 'tail' | 'splice'> | undefined {
  const end = members.at(-1)?.value.end ?? 0;
  try {
    if (bytes.compare(metaStart, 0, metaStart.length, end, end + metaStart.length) !== 0) {
      return { tail: undefined, ...spliceMeta(bytes, { stamp: false, members }) };
    }
    const start = end + metaStart.length - 1;
    const given = scanObject(bytes, start);
    if (given.some(({ name }) => name === 'lastUpdated')) {
      return { head: bytes, tail: undefined, splice: 'none' };
    }
    const last = given.at(-1)?.value.end ?? start + 1;
    const meta = { name: 'meta', start: end + 1, value: { start, end: last + 1 } };
    return {
      tail: undefined,
      ...spliceMeta(bytes, { stamp: false, members: [...members, meta] }),
    };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof ResourceTextError) return undefined;
    throw error;
  }
}
