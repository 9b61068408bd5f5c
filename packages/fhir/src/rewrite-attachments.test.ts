import { attachmentPaths, sameElements } from './generated/attachments.ts';
import { attachmentTypes, compileAttachments } from './rewrite-attachments.ts';

const baseUrl = 'https://example.org/fhir';
const urls = { baseUrl, urlOf: (id: string) => `https://files.example.org/${id}?s="1"` };
const rewritten = 'https://files.example.org/b-1?s=\\"1\\"';
const rewrite = (type: string, text: string) =>
  compileAttachments(type, urls)(Buffer.from(text)).toString();
const report = (content: string) =>
  `{"resourceType":"DiagnosticReport","n":1.0,"presentedForm":[${content}],"conclusion":"\\u00e9"}`;

test.each([
  'Binary/b-1',
  '/Binary/b-1',
  `${baseUrl}/Binary/b-1`,
  'Binary\\/b-1',
  '\\u0042inary/b-1',
])('an attachment at %s gets the new URL, and nothing else changes', (url) => {
  expect(rewrite('DiagnosticReport', report(`{"url":"${url}", "size":1.0 },{"data":""}`))).toBe(
    report(`{"url":"${rewritten}", "size":1.0 },{"data":""}`),
  );
});

test.each([
  'https://example.org/fhir2/Binary/b-1',
  'https://other.org/Binary/b-1',
  'Binary/b-1/_history/1',
  'Binary/',
  'Binary/a/b',
  'Binary/b 1',
  'Binary?_id=b-1',
  '#Binary/b-1',
  'urn:uuid:Binary/b-1',
])('an attachment at %s stays as it is', (url) => {
  const text = Buffer.from(report(`{"url":"${url}"}`));
  expect(compileAttachments('DiagnosticReport', urls)(text)).toBe(text);
});

test.each<[string, string, string]>([
  ['of contained resources', 'Patient', '{"contained":[{"photo":[{"url":"Binary/1"}]}]}'],
  [
    'of extensions',
    'Patient',
    '{"extension":[{"url":"Binary/1","valueAttachment":{"url":"Binary/1"}}]}',
  ],
  [
    'in other elements',
    'Patient',
    '{"name":[{"url":"Binary/1"}],"photo":[{"x":{"url":"Binary/1"}}]}',
  ],
  ['of types without attachments', 'Basic', '{"photo":[{"url":"Binary/1"}]}'],
  ['of another name', 'Patient', '{"photo":[{"title":"Binary/1"}]}'],
  ['of an odd shape', 'Patient', '{"photo":["Binary/1",null,{"url":["Binary/1"]}]}'],
])('what looks like an attachment %s stays as it is', (_where, type, text) => {
  expect(rewrite(type, text)).toBe(text);
});

const everyPath = Object.entries(attachmentPaths).flatMap(([type, paths]) =>
  paths.map((path) => [type, path] as const),
);
const longerPaths = Object.entries(sameElements).flatMap(([type, same]) =>
  Object.entries(same).flatMap(([from, to]) =>
    (attachmentPaths[type] ?? [])
      .filter((path) => path.startsWith(`${to}.`))
      .map((path) => [type, `${from}${path.slice(to.length)}`] as const),
  ),
);

test.each([...everyPath, ...longerPaths])(
  '%s.%s is found, with arrays and without',
  (type, path) => {
    const nest = (inner: string, isArray: boolean) =>
      path.split('.').reduceRight((text, name) => {
        const value = isArray ? `[{},${text}]` : text;
        return `{"${name}":${value}}`;
      }, inner);
    for (const isArray of [true, false]) {
      expect(rewrite(type, nest('{"url":"Binary/b-1"}', isArray))).toBe(
        nest(`{"url":"${rewritten}"}`, isArray),
      );
    }
  },
);

test('answers within answers are found at any depth', () => {
  const level = (inner: string) => `{"item":[{"answer":[{"item":[${inner}]}]}]}`;
  const answer = (url: string) => `{"answer":[{"valueAttachment":{"url":"${url}"}}]}`;
  expect(rewrite('QuestionnaireResponse', level(level(answer('Binary/b-1'))))).toBe(
    level(level(answer(rewritten))),
  );
});

test('DocumentReference can hold attachments, Observation cannot', () => {
  expect([attachmentTypes.has('DocumentReference'), attachmentTypes.has('Observation')]).toEqual([
    true,
    false,
  ]);
});
