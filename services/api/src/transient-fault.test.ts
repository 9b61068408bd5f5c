import { isTransientFault } from './transient-fault.ts';

test.each([
  [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), true],
  [new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]), true],
  [new Error('outer', { cause: Object.assign(new Error('x'), { code: '57P01' }) }), true],
  [Object.assign(new Error('x'), { code: '08006' }), true],
  [new Error('timeout exceeded when trying to connect'), true],
  [Object.assign(new Error('x'), { transient: true }), true],
  [Object.assign(new Error('x'), { code: '42P01' }), false],
  [new Error('x'), false],
  ['ECONNREFUSED', false],
])('%p is transient: %p', (error, expected) => {
  expect(isTransientFault(error)).toBe(expected);
});
