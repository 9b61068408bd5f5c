import type { ExportError } from '@sluice/export';
import { pageAfter, parseGroupQuery } from './group-query.ts';

function faultOf(query: string, lenient = false): ExportError {
  try {
    parseGroupQuery(query, lenient);
  } catch (error) {
    return error as ExportError;
  }
  throw new Error('accepted');
}

test('without parameters every Group matches, twenty a page, from the first one', () => {
  expect(parseGroupQuery('', false)).toEqual({
    filter: { type: 'Group', criteria: [] },
    count: 20,
    after: '',
    used: '',
  });
});

test('_id, identifier and name are criteria, with their modifiers', () => {
  const { filter } = parseGroupQuery('_id=a,b&identifier=urn:x|1&name:contains=dia', false);
  expect(filter.criteria.map(({ parameter, condition }) => [parameter.name, condition])).toEqual([
    ['_id', expect.objectContaining({ kind: 'token' })],
    ['identifier', { kind: 'token', not: false, values: [{ system: 'urn:x', code: '1' }] }],
    ['name', { kind: 'string', match: 'contains', values: ['dia'] }],
  ]);
});

test('what was acted on is kept as it was sent, but for the page', () => {
  const query = `name=a%20b&_count=5&_page=${pageAfter('g-1')}&_format=json`;
  expect(parseGroupQuery(query, false)).toMatchObject({
    count: 5,
    after: 'g-1',
    used: 'name=a%20b&_count=5&_format=json',
  });
});

test.each<[string, readonly string[] | undefined]>([
  ['_elements=name,%20member', ['name', 'member']],
  ['_elements=name&_elements=type', ['name', 'type']],
  ['_summary=false', undefined],
  ['_summary=text', ['text']],
])('%s cuts Groups down to %j', (query, elements) => {
  expect(parseGroupQuery(query, false).elements).toEqual(elements);
});

test('_summary=data leaves out the text alone, _summary=true the members too', () => {
  const { elements: data = [] } = parseGroupQuery('_summary=data', false);
  const { elements: summary = [] } = parseGroupQuery('_summary=true', false);
  expect(data).toEqual(expect.arrayContaining(['name', 'member', 'characteristic']));
  expect(data).not.toContain('text');
  expect(summary).toEqual(expect.arrayContaining(['name', 'quantity']));
  expect(summary).not.toContain('member');
});

test.each([
  ['_elements=', '_elements'],
  ['_elements=nothing', '_elements'],
  ['_elements=Group.name', '_elements'],
  ['_summary=', '_summary'],
  ['_summary=count', '_summary'],
  ['_summary=true&_summary=text', '_summary'],
  ['_summary=true&_elements=name', '_summary'],
])('%s is refused, naming %s', (query, name) => {
  expect(faultOf(query)).toMatchObject({ status: 400, issues: [{ expression: [name] }] });
});

test.each([
  ['', 20],
  ['_count=1', 1],
  ['_count=100', 100],
  ['_count=5000', 100],
])('%s gives pages of %i', (query, count) => {
  expect(parseGroupQuery(query, false).count).toBe(count);
});

test.each(['_count=0', '_count=-1', '_count=a', '_count=', '_count=1&_count=2', '_count=1e2'])(
  '%s is refused',
  (query) => {
    expect(faultOf(query, true)).toMatchObject({
      status: 400,
      issues: [{ code: 'value', expression: ['_count'] }],
    });
  },
);

test.each([
  '_page=',
  '_page=***',
  '_page=Li4vLi4',
  `_page=${pageAfter('a')}=`,
  '_page=YQ&_page=YQ',
])('%s is no page of ours', (query) => {
  expect(faultOf(query, true)).toMatchObject({ status: 400, issues: [{ expression: ['_page'] }] });
});

test('unknown parameters are refused by their names, and what is accepted is said', () => {
  const { status, issues } = faultOf('member=Patient/1&name=x&_sort=name&%zz=1');
  expect(status).toBe(400);
  expect(issues.map(({ code, expression }) => [code, expression])).toEqual([
    ['not-supported', ['member']],
    ['not-supported', ['_sort']],
    ['not-supported', ['%zz=1']],
  ]);
  expect(issues[0]?.text).toMatch(/"member"; accepted: _id, identifier, name, _count/);
});

test('a lenient search goes on without them', () => {
  expect(parseGroupQuery('member=Patient/1&name=x&_sort=name', true).used).toBe('name=x');
});

test.each([
  ['name:sounds=x', 'not-supported', /name:sounds: of the modifiers, name has missing, exact/],
  ['identifier=', 'invalid', /identifier has no value/],
  ['name=a\\b', 'invalid', /backslash/],
  ['name=%zz', 'invalid', /percent-encoded/],
  ['identifier=%00', 'invalid', /control character/],
  ['name=a%0Ab', 'invalid', /control character/],
])('%s is refused, lenient or not', (query, code, text) => {
  const { status, issues } = faultOf(query, true);
  expect([status, issues[0]?.code]).toEqual([400, code]);
  expect(issues[0]?.text).toMatch(text);
});

test('a search that would not fit into a link is refused', () => {
  expect(faultOf(`_id=${'a'.repeat(20_000)}`).issues[0]?.code).toBe('too-long');
});
