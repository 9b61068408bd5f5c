// Puts jobs of parts into the queue as the API's own code does: `fill-queue.mjs REDIS_URL COUNT`.
import { randomUUID } from 'node:crypto';
import process from 'node:process';
import { createQueue } from '../../../packages/queue/dist/index.js';

const [redisUrl, count] = process.argv.slice(2);
const queue = createQueue({ redisUrl, prefix: 'sluice' });
const exportId = randomUUID();
const jobs = Array.from({ length: Number(count) }, (_, n) => ({ exportId, numbers: [n + 1] }));
await queue.enqueueParts(jobs);
await queue.close();
