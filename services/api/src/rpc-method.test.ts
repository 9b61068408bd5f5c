import fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { readJsonMethod, readYamlMethod } from './rpc-method.ts';

const yaml = (text: string) => readYamlMethod(Buffer.from(text));
const json = (text: string) => readJsonMethod(Buffer.from(text));

test.each([
  'method: a/b-c',
  'method:   a/b-c  \r\n',
  '# a comment\n\n---\nmethod: a/b-c # another\n...\n',
  'method: "a/b-c"',
  "method: 'a/b-c'\n",
])('%j names the method', (text) => {
  expect(yaml(text)).toBe('a/b-c');
});

test.each([
  '',
  'method:',
  'method: ',
  'method:a',
  'Method: a',
  ' method: a',
  'method: a\nmethod: b',
  'method: a\nparams: {}',
  'method: [a]',
  'method: &a b',
  'method: "a',
  'method: \'a"',
  'method: "',
  '{method: a}',
  '- method: a',
  '[{'.repeat(2048),
  `method: ${'a'.repeat(4096)}`,
])('%j is not of the form that is read', (text) => {
  expect(yaml(text)).toBeUndefined();
});

test('what is read is what a parser of YAML reads', () => {
  const unit = fc.constantFrom(
    'method: ',
    'a',
    '.',
    '/',
    ' ',
    '"',
    "'",
    '#',
    '\n',
    '---\n',
    '\r\n',
    '-',
  );
  fc.assert(
    fc.property(fc.string({ unit }), (text) => {
      const method = yaml(`method: ${text}`);
      fc.pre(method !== undefined);
      const parsed = parse(`method: ${text}`, { logLevel: 'silent' }) as { method: unknown };
      expect(String(parsed.method)).toBe(method);
    }),
  );
});

test('every name that a method can have is read from YAML that a library wrote', () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[a-z][a-z.-]{0,20}\/[a-z-]{1,20}$/), (method) => {
      expect(yaml(stringify({ method }))).toBe(method);
      expect(json(JSON.stringify({ method, params: {} }))).toBe(method);
    }),
  );
});

test.each(['', '"method"', 'null', '[]', '{"method":1}', '{"method"', '['.repeat(4096)])(
  '%j names no method in JSON',
  (text) => {
    expect(json(text)).toBeUndefined();
  },
);
