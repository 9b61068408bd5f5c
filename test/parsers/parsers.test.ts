import fc from 'fast-check';
import { findExcess } from './cpu-cost.ts';
import { exportedFunctions } from './exported-functions.ts';
import { makeText, nastyTexts, plainTexts } from './nasty-text.ts';
import { notParsers } from './not-parsers.ts';
import { parsers } from './parsers.ts';

const listed = Object.keys(parsers);
const reasons = Object.keys(notParsers);
const hasReason = (id: string) => reasons.some((place) => id === place || id.startsWith(place));

describe('the list of parsers', () => {
  const functions = exportedFunctions();

  test('has every exported function that reads text, unless there is a reason', () => {
    const found = functions.filter(({ isParser }) => isParser).map(({ id }) => id);
    expect(found.length).toBeGreaterThan(80);
    expect(found.filter((id) => !(id in parsers) && !hasReason(id))).toEqual([]);
  });

  test('has nothing that is not there any more, and nothing twice', () => {
    const ids = functions.map(({ id }) => id);
    expect(listed.filter((id) => !ids.includes(id))).toEqual([]);
    expect(reasons.filter((place) => !ids.some((id) => id.startsWith(place)))).toEqual([]);
    expect(listed.filter(hasReason)).toEqual([]);
  });
});

describe('64 KB of nasty text cost a parser at most twice as much a byte as 1 KB', () => {
  test.each(listed)('%s', async (id) => {
    const { parse, beginnings } = parsers[id]!;
    const check = async (kind: Parameters<typeof makeText>[0]) => {
      const excess = await findExcess(parse, (length) => makeText(kind, length));
      expect({ kind, excess }).toEqual({ kind, excess: undefined });
    };
    for (const kind of plainTexts(beginnings)) await check(kind);
    await fc.assert(fc.asyncProperty(nastyTexts(beginnings), check), { numRuns: 40 });
  });
});

describe('of two functions that take long', () => {
  const make = (length: number) =>
    makeText({ before: '', unit: '\\"aaaaaaaaaaaaaa', after: '\n' }, length);

  test('one whose time grows with the square of the text is found', async () => {
    const startsAgain = (text: string) => /"(?:[^"\\]|\\.)*",/.test(text);
    expect(await findExcess(startsAgain, make)).toMatch(/µs of CPU/);
  });

  test('one whose time grows with the text is not', async () => {
    const looksOften = (text: string) => {
      for (let time = 0; time < 20; time += 1) JSON.parse(JSON.stringify([...text]));
    };
    expect(await findExcess(looksOften, make)).toBeUndefined();
  });
});
