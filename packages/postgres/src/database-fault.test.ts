import { isConnectionFault, passingReason } from './database-fault.ts';

/** As pg throws it. */
function sql(code: string, severity = 'ERROR'): Error {
  return Object.assign(new Error('x'), { code, severity });
}

test.each([
  ['08000', 'the connection failed'],
  ['25006', 'the server takes no writes: a standby, or a primary that is being replaced'],
  ['53100', 'the server is out of disk, memory or connections'],
  ['53300', 'the server is out of disk, memory or connections'],
])('%s may pass: %s', (code, reason) => {
  expect(passingReason(sql(code))).toBe(reason);
  expect(isConnectionFault(sql(code))).toBe(false);
});

test.each(['08P01', '08007', '22021', '23505', '42P01', '55000', '57P04', 'XX000', ''])(
  '%p is not known to pass',
  (code) => {
    expect(passingReason(sql(code))).toBeUndefined();
  },
);

test.each([
  Object.assign(new Error('x'), { code: 'ECONNRESET' }),
  new Error('Query read timeout'),
  new Error('timeout expired'),
  new Error('Connection terminated unexpectedly'),
  sql('08P01', 'FATAL'),
])('%p is a connection that is of no more use', (error) => {
  expect(isConnectionFault(error)).toBe(true);
  expect(passingReason(error)).toBe('the connection failed');
});

test('a cause, and any of several errors, counts', () => {
  const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
  expect(passingReason(new Error('outer', { cause: sql('57P01') }))).toBeDefined();
  expect(passingReason(new AggregateError([new Error('x'), refused]))).toBeDefined();
  expect(passingReason(new AggregateError([new Error('x')]))).toBeUndefined();
  expect(passingReason('ECONNREFUSED')).toBeUndefined();
});
