import { createHmac } from 'node:crypto';
import { compileLineWork, type LineWork } from './line-work.ts';

const base: LineWork = {
  type: 'DocumentReference',
  baseUrl: 'https://example.org/fhir',
  now: '2026-01-01T00:00:00.000000Z',
};
const text =
  '{"resourceType":"DocumentReference","id":"d","meta":{"versionId":"1"},"status":"current","date":"2020","content":[{"attachment":{"url":"Binary/b","size":1.0}}]}';

function run(work: Partial<LineWork>, line = text) {
  const worked = compileLineWork({ ...base, ...work })(Buffer.from(line));
  return worked && { ...worked, line: worked.line.toString() };
}

test('without anything to do a line passes as it is', () => {
  expect(run({})).toEqual({ line: text });
});

test.each<[string, string[][], boolean]>([
  ['one that it meets', [['status=current']], true],
  ['one that it does not meet', [['status=superseded']], false],
  ['several, of which it meets one', [['status=superseded', 'status=current&date=2020']], true],
  ['one of whose parameters it meets some', [['status=current&date=2021']], false],
  [
    'two lists, of each of which it meets one',
    [['status=current'], ['date=2021', 'date=2020']],
    true,
  ],
  ['two lists, of one of which it meets none', [['status=current'], ['date=2021']], false],
])('a line is filtered by %s', (_title, filters, passes) => {
  expect(run({ filters })).toEqual(passes ? { line: text } : undefined);
});

test('a filter sees the resource as it is stored, also what is left out of it', () => {
  const worked = run({ filters: [['date=2020']], elements: ['id'] });
  expect(worked?.line).not.toContain('"date"');
  expect(worked?.line).toContain('SUBSETTED');
});

test('ids are reported where they are asked for', () => {
  expect(run({ reportIds: true })).toEqual({ line: text, id: 'd' });
});

test('everything can be done at once, and leaves the rest as it is', () => {
  const url = 'https://example.org/fhir/$export-attachment/e/b';
  const elements = ['content'];
  const worked = run({
    elements,
    markDeleted: true,
    attachments: { exportId: 'e' },
    reportIds: true,
  });
  expect(worked?.id).toBe('d');
  expect(worked?.line).toContain(`"attachment":{"url":"${url}","size":1.0}`);
  const resource = JSON.parse(worked?.line ?? '') as { meta: { tag: unknown[] } };
  expect(Object.keys(resource)).toEqual(['resourceType', 'id', 'meta', 'status', 'content']);
  expect(Object.keys(resource.meta)).toEqual(['versionId', 'tag', 'extension']);
});

test('the URL of an attachment is signed with the key, over its path', () => {
  const key = Buffer.from('secret');
  const signature = createHmac('sha256', key)
    .update('/fhir/$export-attachment/e/b')
    .digest('base64url');
  const worked = run({ attachments: { exportId: 'e', key: key.toString('base64') } });
  expect(worked?.line).toContain(
    `"url":"https://example.org/fhir/$export-attachment/e/b?signature=${signature}"`,
  );
});

test('a filter that cannot be evaluated is refused before there is a line', () => {
  expect(() => compileLineWork({ ...base, filters: [['nonsense=1']] })).toThrow('nonsense');
});

test.each(['', '[]', 'null', '1', '{"resourceType":"DocumentReference"'])(
  'the line %j is at fault',
  (line) => {
    expect(() => run({ filters: [['status=current']] }, line)).toThrow(SyntaxError);
  },
);
