import { checkYamlBounds } from './yaml-bounds.ts';

test.each([
  '',
  'resourceType: AwsAccount\nid: a\n',
  '-----BEGIN PRIVATE KEY-----\n'.repeat(1000),
  `- ${'[],'.repeat(1000)}`,
  `${' '.repeat(100)}a: b\n`.repeat(100),
  '- - - a\n'.repeat(1000),
])('what accounts look like is within bounds', (text) => {
  expect(checkYamlBounds(text)).toBeUndefined();
});

test.each([
  ['a'.repeat(2 ** 20 + 1), 'is longer than 1048576 characters'],
  ['['.repeat(4001), 'has more than 4000 brackets'],
  [']'.repeat(4001), 'has more than 4000 brackets'],
  ['- '.repeat(21), 'is nested too deeply'],
  ['-\t'.repeat(21), 'is nested too deeply'],
  ['? '.repeat(21), 'is nested too deeply'],
  [`a:\n${' '.repeat(101)}b: c`, 'is nested too deeply'],
])('what would keep a parser busy is refused', (text, fault) => {
  expect(checkYamlBounds(text)).toBe(fault);
});
