import { randomUUID } from 'node:crypto';

/** A corner of the tests' Redis that nobody else uses. */
export interface TestRedis {
  readonly redisUrl: string;
  readonly prefix: string;
}

/** Gives the tests' Redis and a prefix of one's own. */
export function testRedis(): TestRedis {
  const redisUrl = process.env['SLUICE_TEST_REDIS'];
  if (redisUrl === undefined) throw new Error('SLUICE_TEST_REDIS is not set: no global set-up ran');
  return { redisUrl, prefix: `test-${randomUUID()}` };
}
