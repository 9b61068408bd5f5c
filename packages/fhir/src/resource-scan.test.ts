import fc from 'fast-check';
import { compartmentPatients } from './patient-compartment.ts';
import { scanResource } from './resource-scan.ts';

const scan = (text: string) => scanResource(Buffer.from(text));

const stringsAtTop = ['resourceType', 'id', 'recorded', 'reference'];
const stringsInMeta = ['versionId', 'lastUpdated', 'reference'];

/** What a scan keeps, from the whole value. */
function keep(value: unknown, names: readonly string[], isAlwaysKept: boolean): unknown {
  if (Array.isArray(value)) {
    const items = value
      .map((item) => keep(item, ['reference'], false))
      .filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const kept = Object.entries(value).flatMap(([name, member]: [string, unknown]) => {
    const isMeta = names === stringsAtTop && name === 'meta';
    const what =
      typeof member === 'string' && names.includes(name)
        ? member
        : keep(member, isMeta ? stringsInMeta : ['reference'], isMeta);
    return what === undefined ? [] : [[name, what] as const];
  });
  return kept.length > 0 || isAlwaysKept ? Object.fromEntries(kept) : undefined;
}

const keepOfResource = (value: unknown) => keep(value, stringsAtTop, true);

/** JSON in which names of note are frequent, wherever they are. */
const name = fc.oneof(
  fc.constantFrom('reference', 'subject', 'meta', 'id', 'versionId', 'extension'),
  fc.string({ maxLength: 10 }).filter((text) => text !== '__proto__' && isPlainName(text)),
);
const isPlainName = (text: string) => /^[^"\\\p{Cc}]*$/u.test(text);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.string({ unit: 'grapheme' }),
    fc.string(),
    fc.double({ noDefaultInfinity: true, noNaN: true }),
    fc.integer(),
    fc.constantFrom(true, false, null, 'Patient/1', {}, []),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const resource = fc
  .tuple(
    fc.dictionary(name, value, { maxKeys: 6, noNullPrototype: true }),
    fc.record(
      {
        versionId: fc.string(),
        lastUpdated: fc.string(),
        tag: value,
      },
      { requiredKeys: [] },
    ),
  )
  .map(([members, meta]) => ({ ...members, resourceType: 'Flag', id: '1', meta }));
const text = fc
  .tuple(resource, fc.constantFrom(undefined, 1, '\t', ' \r\n'))
  .map(([object, space]) => JSON.stringify(object, undefined, space));

test('a scan keeps what JSON.parse gives, whatever the resource', () => {
  let scanned = 0;
  fc.assert(
    fc.property(text, (json) => {
      const found = scan(json);
      if (found === undefined) return;
      scanned += 1;
      const whole = JSON.parse(json) as Record<string, unknown>;
      expect(found.resource).toEqual(keepOfResource(whole));
      expect(compartmentPatients(found.resource)).toEqual(compartmentPatients(whole));
      expect(found.hasSpace).toBe(json !== JSON.stringify(whole));
      for (const { name: member, start, value: span } of found.members) {
        const bytes = Buffer.from(json);
        expect(JSON.parse(bytes.toString('utf8', start, bytes.indexOf(':', start)))).toBe(member);
        expect(JSON.parse(bytes.toString('utf8', span.start, span.end))).toEqual(whole[member]);
      }
    }),
    { numRuns: 2000 },
  );
  // Most are plain: giving up is for the unusual.
  expect(scanned).toBeGreaterThan(1500);
});

test('what JSON.parse refuses, or reads in another way, is not scanned', () => {
  const change = fc.record({
    at: fc.nat(),
    remove: fc.nat(2),
    insert: fc.oneof(
      fc.constantFrom('"', '\\', ',', ':', '{', '}', '[', ']', '0', '-', '.', 'e', 'u', ' ', '\n'),
      fc.constantFrom('"id":null,', '"reference":"Patient/2",', 'null', '\0', '\u{feff}', '\\u12'),
    ),
  });
  fc.assert(
    fc.property(text, fc.array(change, { minLength: 1, maxLength: 2 }), (json, changes) => {
      let changed = json;
      for (const { at, remove, insert } of changes) {
        const place = at % (changed.length + 1);
        changed = changed.slice(0, place) + insert + changed.slice(place + remove);
      }
      // A surrogate that was cut in two becomes something else as UTF-8.
      changed = Buffer.from(changed).toString();
      const found = scan(changed);
      if (found !== undefined) {
        expect(found.resource).toEqual(keepOfResource(JSON.parse(changed)));
      }
    }),
    { numRuns: 5000 },
  );
});

const members = (more: string) => `{"resourceType":"Flag","id":"1"${more}}`;

test.each([
  ['numbers', members(',"a":[0,-0,1.0,-1.5e-3,1E+9,10,0.0e0]')],
  ['strings', members(String.raw`,"a":"\"\\\/\b\f\n\r\t\u00e9é\ud800"`)],
  ['literals', members(',"a":[true,false,null]')],
  ['nothing', members(',"a":[[],{}],"meta":{}')],
  ['white space', ` \t\r\n${members(' , "a" : [ 1 , { } ] ')}\n`],
  ['a reference that is no string', members(',"a":{"reference":{"reference":"Patient/1"}}')],
  ['escapes in what is kept', members(String.raw`,"a":{"reference":"Patient\/1"}`)],
])('%s are plain', (_what, json) => {
  expect(scan(json)?.resource).toEqual(keepOfResource(JSON.parse(json)));
});

test.each([
  ['no object', '[]'],
  ['nothing at all', ''],
  ['no resourceType', '{"id":"1"}'],
  ['no id', '{"resourceType":"Flag"}'],
  ['an id that is no string', '{"resourceType":"Flag","id":1}'],
  ['a meta that is no object', members(',"meta":[]')],
  ['a meta that is a string', members(',"meta":"x"')],
  ['a lastUpdated that is no string', members(',"meta":{"lastUpdated":1}')],
  ['an id twice', members(',"id":"1"')],
  ['meta twice', members(',"meta":{},"meta":{}')],
  ['versionId twice', members(',"meta":{"versionId":"1","versionId":"1"}')],
  [
    'a reference that is taken back',
    members(',"subject":{"reference":"Patient/1"},"subject":null'),
  ],
  ['an escape in a name', members(String.raw`,"sub\u006aect":{"reference":"Patient/1"}`)],
  ['__proto__', members(',"__proto__":{"subject":{"reference":"Patient/1"}}')],
  ['something behind it', `${members('')} 1`],
  ['a comma too many', members(',')],
  ['a number that begins with 0', members(',"a":01')],
  ['a number without digits', members(',"a":-')],
  ['an unknown escape', members(String.raw`,"a":"\x"`)],
  ['a control character', members(',"a":"\n"')],
  ['a string without end', '{"resourceType":"Flag","id":"1'],
  ['a wrong bracket', members(',"a":[1}')],
  ['a byte order mark', `\u{feff}${members('')}`],
  ['very deep nesting', members(`,"a":${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
])('%s is left to others', (_what, json) => {
  expect(scan(json)).toBeUndefined();
});
