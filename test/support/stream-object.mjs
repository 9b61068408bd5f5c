/** The process of `streamInChild`: runs what was built, so that its memory is that of a worker. */
import { createHash } from 'node:crypto';
import { createOutputStore } from '@sluice/storage';

const { description, key, bytes } = JSON.parse(process.env.STREAMED);
const store = await createOutputStore(description);
const block = Buffer.alloc(1 << 20, 'resource');

/** The most memory this process had while it wrote. Of reading Node makes garbage, as much as it likes. */
let largest = 0;

const write = async (size) => {
  const writer = await store.write(key, { contentType: 'application/fhir+ndjson', attempt: 1 });
  for (let at = 0; at < size; at += block.length) {
    block.writeUInt32BE(at);
    await writer.write(block.subarray(0, Math.min(block.length, size - at)));
    largest = Math.max(largest, process.memoryUsage.rss());
  }
  return await writer.commit();
};

// What is loaded with the first use is no growth.
await write(block.length);
const before = process.memoryUsage.rss();
const written = await write(bytes);
const hash = createHash('sha256');
for await (const piece of await store.read(key)) hash.update(piece);
const read = hash.digest('hex');
console.log(JSON.stringify({ written, read, grownBytes: largest - before }));
