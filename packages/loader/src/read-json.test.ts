import { UnloadableError } from './load-problem.ts';
import { readJsonObject } from './read-json.ts';

test('an object is read', () => {
  expect(readJsonObject(Buffer.from('{"a":"\\u0000 é"}'))).toEqual({ a: '\u0000 é' });
});

test.each([
  ['an array', Buffer.from('[]'), 'not a JSON object'],
  ['null', Buffer.from('null'), 'not a JSON object'],
  ['a string', Buffer.from('"x"'), 'not a JSON object'],
  ['half an object', Buffer.from('{"a":'), 'not JSON: unexpected end of JSON input'],
  ['a NUL byte', Buffer.from('{"a":"\0"}'), 'it contains a NUL byte'],
  ['broken UTF-8', Buffer.from([0x7b, 0xc3, 0x80, 0xc3, 0xc3, 0x7d]), 'not UTF-8'],
])('%s is refused', (_what, bytes, message) => {
  expect(() => readJsonObject(bytes)).toThrow(new UnloadableError(message));
});

test.each(['{"name":"Jane Doe"x}', 'Jane Doe', '{"name":Jane}', '{"name":"Jane Doe'])(
  'the message does not quote the text: %s',
  (text) => {
    expect(() => readJsonObject(Buffer.from(text))).toThrow(/^not JSON: (?!.*(Jane|Doe))/);
  },
);

test('the line of the fault is found in a text of several lines', () => {
  let line: number | undefined;
  try {
    readJsonObject(Buffer.from('{\n"a": 1,\n"b" 2\n}'), 10);
  } catch (error) {
    line = error instanceof UnloadableError ? error.line : undefined;
  }
  expect(line).toBe(12);
});

test.each(['[', '{"a":'])('what is nested deeper than a resource may be is refused: %s', (open) => {
  const close = open === '[' ? ']' : '}';
  const nested = (depth: number): Buffer =>
    Buffer.from(
      `{"a":${open.repeat(depth - 1)}${open === '[' ? '' : '1'}${close.repeat(depth - 1)}}`,
    );
  expect(readJsonObject(nested(1000))).toHaveProperty('a');
  expect(() => readJsonObject(nested(1001))).toThrow('nested more than 1000 levels deep');
});

test('the line where it gets too deep is said', () => {
  const deep = Buffer.from(`{"a":\n${'['.repeat(1000)}`);
  let line: number | undefined;
  try {
    readJsonObject(deep, 5);
  } catch (error) {
    line = error instanceof UnloadableError ? error.line : undefined;
  }
  expect(line).toBe(6);
});

test('a message holds nothing that a terminal would act on', () => {
  const odd = ['\u0007', '\u001b[2J', '\u007f', '\u009b', '\u202e', '\u2028', '\ufeff'].join('');
  const { message } = new UnloadableError(`id "${odd}" is not legal`);
  expect(message).toBe(String.raw`id "\u0007\u001b[2J\u007f\u009b\u202e\u2028\ufeff" is not legal`);
});
