import fc from 'fast-check';
import { LineSplitter } from './line-splitter.ts';

test('any lines in any blocks come out whole, and none is lost', () => {
  const lines = fc.array(fc.string({ unit: fc.constantFrom('a', '{', 'é'), maxLength: 20 }));
  const sizes = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1 });
  fc.assert(
    fc.property(lines, sizes, (texts, cuts) => {
      const all = Buffer.from(texts.map((text) => `${text}\n`).join(''));
      const splitter = new LineSplitter();
      const out: string[] = [];
      for (let at = 0, i = 0; at < all.length; i += 1) {
        const size = cuts[i % cuts.length] ?? 1;
        // The block's memory is used again, as the database's is.
        const block = Buffer.from(all.subarray(at, at + Math.max(size, i % 2)));
        const whole = Buffer.concat(splitter.push(block)).toString();
        block.fill(0x21);
        expect(whole === '' || whole.endsWith('\n')).toBe(true);
        out.push(whole);
        at += block.length;
      }
      splitter.finish();
      expect(out.join('')).toBe(all.toString());
    }),
  );
});

test('a last line without its end is an error', () => {
  const splitter = new LineSplitter();
  splitter.push(Buffer.from('a\nb'));
  expect(() => splitter.finish()).toThrow('no end');
});
