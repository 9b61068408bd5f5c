import fc, { type Arbitrary } from 'fast-check';
import { nastyText, oneOf, weighted } from './text.ts';

/** Any JSON value with nasty text in it, as text. Written by hand where JSON.stringify would not write it so. */
export const nastyJson: Arbitrary<string> = weighted(
  [4, nastyText.map((text) => JSON.stringify(text))],
  [2, fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.stringify(value))],
  [
    2,
    oneOf([
      'null',
      'true',
      '0',
      '-0',
      '1e999',
      '""',
      '[]',
      '{}',
      '[[]]',
      '{"a":{}}',
      '"\\ud800"',
      '"\\u0000"',
      '[null]',
      '{"__proto__":{}}',
    ]),
  ],
  [
    1,
    fc
      .tuple(oneOf(['[', '{"a":', '[{"a":']), fc.integer({ min: 30, max: 40_000 }))
      .map(([open, depth]) => nested(open, depth)),
  ],
  [
    1,
    fc
      .tuple(oneOf(['{},', '0,', '"",', '[],']), fc.integer({ min: 30, max: 60_000 }))
      .map(([item, count]) => `[${item.repeat(count)}0]`),
  ],
);

function nested(open: string, depth: number): string {
  const close = [...open]
    .reverse()
    .map((char) => (char === '[' ? ']' : char === '{' ? '}' : ''))
    .join('');
  return `${open.repeat(depth)}0${close.repeat(depth)}`;
}

/** Bytes with some of them changed, taken out, doubled or put in. */
export function mutated(bytes: Arbitrary<Buffer>): Arbitrary<Buffer> {
  const change = fc.record({
    what: oneOf(['set', 'cut', 'double', 'insert', 'end'] as const),
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    length: fc.integer({ min: 1, max: 60 }),
    byte: weighted([3, oneOf([...Buffer.from('"{}[],:\\ \n\0\xff', 'latin1')])], [1, fc.nat(255)]),
  });
  return fc
    .tuple(bytes, fc.array(change, { minLength: 1, maxLength: 4 }))
    .map(([given, changes]) => {
      let result = given;
      for (const { what, at, length, byte } of changes) {
        const start = Math.floor(at * result.length);
        const [before, middle, after] = [
          result.subarray(0, start),
          result.subarray(start, start + length),
          result.subarray(start + length),
        ];
        if (what === 'set')
          result = Buffer.concat([before, Buffer.from([byte]), result.subarray(start + 1)]);
        else if (what === 'cut') result = Buffer.concat([before, after]);
        else if (what === 'double') result = Buffer.concat([before, middle, middle, after]);
        else if (what === 'insert')
          result = Buffer.concat([before, Buffer.from([byte]), result.subarray(start)]);
        else result = before;
      }
      return result;
    });
}
