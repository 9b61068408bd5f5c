import { refusalReason } from './refusal.ts';

/** As ioredis throws it. */
function reply(message: string): Error {
  return Object.assign(new Error(message), { name: 'ReplyError' });
}

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'.", /full/],
  [
    "OOM command not allowed when used memory > 'maxmemory'. script: 1f, on @user_script:1.",
    /full/,
  ],
  ['ERR Error running script (call to f_1f): @user_script:9: -OOM command not allowed', /full/],
  ["READONLY You can't write against a read only replica.", /replica/],
  ['MISCONF Redis is configured to save RDB snapshots', /disk/],
  ['LOADING Redis is loading the dataset in memory', /loading/],
])('%s', (message, reason) => {
  expect(refusalReason(reply(message))).toMatch(reason);
});

test.each([
  reply('ERR unknown command'),
  reply('WRONGTYPE Operation against a key'),
  new Error('OOM command not allowed'),
  'OOM command not allowed',
])('%p is none that may pass', (error) => {
  expect(refusalReason(error)).toBeUndefined();
});
