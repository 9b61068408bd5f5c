import { formatDeployment, parseDeployment, type Deployment, type Place } from '@sluice/runtime';
import type { Redis } from 'ioredis';

/** Redis below a prefix, as the place of one deployment. Whose it is says the key `<prefix>:deployment`. */
export class RedisPlace implements Place {
  readonly name: string;
  readonly remedy = 'set another REDIS_PREFIX';
  readonly #redis: Redis;
  readonly #key: string;

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis;
    this.#key = `${prefix}:deployment`;
    this.name = `Redis below REDIS_PREFIX "${prefix}"`;
  }

  async claim(own: Deployment): Promise<Deployment> {
    const note = (await this.#redis.eval(
      `local note = redis.call('get', KEYS[1])
       if note then return note end
       redis.call('set', KEYS[1], ARGV[1])
       return ARGV[1]`,
      1,
      this.#key,
      formatDeployment(own),
    )) as string;
    const owner = parseDeployment(note);
    if (owner === undefined) throw new Error(`the key ${this.#key} names no deployment`);
    return owner;
  }

  async takeOver(own: Deployment): Promise<Deployment | undefined> {
    const note = await this.#redis.getset(this.#key, formatDeployment(own));
    return note === null ? undefined : parseDeployment(note);
  }
}
