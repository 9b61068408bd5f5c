import { isTransientFault } from './transient-fault.ts';

/** As pg throws it. */
function sql(code: string, severity = 'ERROR'): Error {
  return Object.assign(new Error('x'), { code, severity });
}

test.each([
  [Object.assign(new Error('x'), { code: 'ECONNREFUSED' }), true],
  [new AggregateError([Object.assign(new Error('x'), { code: 'ECONNREFUSED' })]), true],
  [new Error('outer', { cause: Object.assign(new Error('x'), { code: '57P01' }) }), true],
  [sql('08006'), true],
  [sql('08P01', 'FATAL'), true],
  [sql('25006'), true],
  [sql('40P01'), true],
  [sql('53100'), true],
  [sql('57014'), true],
  [sql('57P03'), true],
  [sql('58030'), true],
  [new Error('Query read timeout'), true],
  [new Error('Connection terminated unexpectedly'), true],
  // A malformed message, such as one with a NUL in it, is malformed the next time.
  [sql('08P01'), false],
  [sql('22021'), false],
  [sql('57P04'), false],
  [sql('XX000'), false],
  [new Error('timeout exceeded when trying to connect'), true],
  [Object.assign(new Error('x'), { transient: true }), true],
  [Object.assign(new Error('x'), { code: '42P01' }), false],
  [new Error('x'), false],
  ['ECONNREFUSED', false],
])('%p is transient: %p', (error, expected) => {
  expect(isTransientFault(error)).toBe(expected);
});
