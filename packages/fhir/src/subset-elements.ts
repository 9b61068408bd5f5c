import { type JsonMember, type JsonSpan, scanArray, scanObject } from './json-scan.ts';
import { metaInsertion, type MetaItem } from './meta-item.ts';
import { rootElementsOf } from './root-elements.ts';

/** Without `display`: clients compare it as a whole (SPEC F-029, F-030). */
const subsetted = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue',
  code: 'SUBSETTED',
} as const;

const tag: MetaItem = {
  list: 'tag',
  text: JSON.stringify(subsetted),
  isSame: (item) => {
    const { system, code } = (item ?? {}) as Partial<Record<string, unknown>>;
    return system === subsetted.system && code === subsetted.code;
  },
};

/** There whatever is asked for (SPEC F-027). */
const always = ['resourceType', 'id', 'meta'];

/**
 * Compiles `_elements` for resources of one type: the function takes the text of a resource, which has to be valid JSON, and
 * leaves out of it the root elements that are not asked for (SPEC A.10, F.3).
 *
 * What stays stays to the byte and in its order. Mandatory and modifier elements always do; `value` stands for every `value[x]`;
 * `_birthDate` goes with `birthDate`; a contained resource stays while something that stays refers to it. The tag
 * SUBSETTED is added to `meta`, even when everything stayed: the client cannot know. Only for types that `_elements` says something
 * about (SPEC F-034). Names the type does not have are of no effect.
 */
export function compileElements(
  type: string,
  elements: readonly string[],
): (line: Buffer) => Buffer {
  const asked = new Set(elements);
  const names = rootElementsOf(type).flatMap(({ name, jsonNames, isEssential }) =>
    isEssential || asked.has(name) ? jsonNames : jsonNames.filter((each) => asked.has(each)),
  );
  const kept = new Set([...always, ...names, ...names.map((name) => `_${name}`)]);
  return (line) => subset(line, kept);
}

const comma = 0x2c;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** One pass, and one piece of memory: this is done for every resource of an export. */
function subset(line: Buffer, kept: ReadonlySet<string>): Buffer {
  const members = scanObject(line);
  const { at, text } = metaInsertion(line, members, tag) ?? { at: 0, text: '' };
  const output = Buffer.allocUnsafe(line.length + Buffer.byteLength(text));
  let length = 0;
  const copy = (from: Buffer, start: number, end: number): void => {
    length += from.copy(output, length, start, end);
  };
  for (const { name, start, value } of members) {
    const contained =
      name === 'contained' && !kept.has(name)
        ? keepContained(line, value, members, kept)
        : undefined;
    if (contained === undefined && !kept.has(name)) continue;
    output[length] = length === 0 ? openBrace : comma;
    length += 1;
    if (contained !== undefined) {
      copy(contained, 0, contained.length);
    } else if (start < at && at <= value.end) {
      copy(line, start, at);
      length += output.write(text, length);
      copy(line, at, value.end);
    } else {
      copy(line, start, value.end);
    }
  }
  output[length] = closeBrace;
  return output.subarray(0, length + 1);
}

/** The member `contained` with those of its resources that a kept member refers to, or another one of them; `undefined` when there are none. */
function keepContained(
  line: Buffer,
  value: JsonSpan,
  members: readonly JsonMember[],
  names: ReadonlySet<string>,
): Buffer | undefined {
  const resources = scanArray(line, value.start).map(({ start, end }) => {
    const text = line.subarray(start, end);
    return { text, id: idOf(text) };
  });
  const kept = new Set<Buffer>();
  // Grows while it is gone through.
  const referring = members
    .filter(({ name }) => names.has(name))
    .map((member) => line.subarray(member.value.start, member.value.end));
  for (const text of referring) {
    for (const resource of resources) {
      if (!kept.has(resource.text) && refersTo(text, resource.id)) {
        kept.add(resource.text);
        referring.push(resource.text);
      }
    }
  }
  if (kept.size === 0) return undefined;
  const texts = resources.map(({ text }) => text).filter((text) => kept.has(text));
  return Buffer.from(`"contained":[${texts.join(',')}]`);
}

function idOf(text: Buffer): unknown {
  const id = scanObject(text, 0, ['id'])[0]?.value;
  return id && JSON.parse(text.toString('utf8', id.start, id.end));
}

/** Whether the text has the string `#id` in it, as a reference, a canonical or a URI; ids need no escapes. */
function refersTo(text: Buffer, id: unknown): boolean {
  return typeof id === 'string' && (text.includes(`"#${id}"`) || text.includes(`"\\u0023${id}"`));
}
