import { LineOutput } from './line-output.ts';
import type { CompiledLineWork } from './line-work.ts';
import { workOnLines } from './work-on-lines.ts';

/** Leaves out what begins with `-`, fails over `!`, doubles the rest. */
const work: CompiledLineWork = (line) => {
  const text = line.toString();
  if (text.startsWith('-')) return undefined;
  if (text.startsWith('!')) throw new SyntaxError(text);
  return { line: Buffer.from(text + text), id: text };
};

function run(lines: string, room = 4) {
  const output = new LineOutput(new ArrayBuffer(room));
  const done = workOnLines('Basic', work, Buffer.from(lines), output);
  const text = Buffer.from(output.buffer).toString('utf8', 0, output.length);
  return { ...done, text };
}

test('lines that pass come out in order, however little room there was', () => {
  for (const room of [0, 1, 5, 1000]) {
    expect(run('a\n-b\nlonger\n\n', room)).toEqual({
      text: 'aa\nlongerlonger\n\n',
      leftOut: 1,
      faults: '',
      ids: ['a', 'longer', ''],
    });
  }
});

test('a line at fault becomes an OperationOutcome and counts as left out; the others are done', () => {
  const { text, leftOut, faults, ids } = run('a\n!x\n-b\n!y\nc\n');
  expect({ text, leftOut, ids }).toEqual({ text: 'aa\ncc\n', leftOut: 3, ids: ['a', 'c'] });
  const outcomes = faults.trimEnd().split('\n');
  expect(
    outcomes.map((outcome) => (JSON.parse(outcome) as { resourceType: string }).resourceType),
  ).toEqual(['OperationOutcome', 'OperationOutcome']);
});

test('a line without its end is nobody’s fault but the caller’s', () => {
  expect(() => run('a\nb')).toThrow('no end');
});
