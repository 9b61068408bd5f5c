import { addMetaItem, type MetaItem } from './meta-item.ts';
import { ResourceTextError } from './meta-splice.ts';

const item: MetaItem = {
  list: 'tag',
  text: '{"code":"x"}',
  isSame: (each) => (each as { code?: unknown } | null)?.code === 'x',
};
const add = (text: string) => addMetaItem(Buffer.from(text), item).toString();

test.each([
  [
    'at the end of the list',
    '{"id":"1","meta":{"tag":[{"code":"y"}],"versionId":"1.0"},"n":1.0}',
    '{"id":"1","meta":{"tag":[{"code":"y"},{"code":"x"}],"versionId":"1.0"},"n":1.0}',
  ],
  ['into an empty list', '{"meta":{"tag":[ ]}}', '{"meta":{"tag":[ {"code":"x"}]}}'],
  [
    'at the end of meta when there is no list',
    '{"meta":{"versionId":"1"},"id":"\\u0031"}',
    '{"meta":{"versionId":"1","tag":[{"code":"x"}]},"id":"\\u0031"}',
  ],
  ['into an empty meta', '{"meta":{}}', '{"meta":{"tag":[{"code":"x"}]}}'],
  [
    'behind the id when there is no meta',
    '{"resourceType":"Basic","id":"1","code":{}}',
    '{"resourceType":"Basic","id":"1","meta":{"tag":[{"code":"x"}]},"code":{}}',
  ],
  [
    'behind the type when there is no id either',
    '{"resourceType":"Basic"}',
    '{"resourceType":"Basic","meta":{"tag":[{"code":"x"}]}}',
  ],
])('an item goes %s', (_where, text, expected) => {
  expect(add(text)).toBe(expected);
});

test('an item that is there already is not doubled, and the same buffer comes back', () => {
  const text = Buffer.from('{"meta":{"tag":[null,{"display":"d","co\\u0064e":"x"}]}}');
  expect(addMetaItem(text, item)).toBe(text);
});

test.each(['{"meta":[]}', '{"meta":"x"}', '{"meta":{"tag":{}}}', '{"code":{}}'])(
  '%s is rejected',
  (text) => {
    expect(() => add(text)).toThrow(ResourceTextError);
  },
);
