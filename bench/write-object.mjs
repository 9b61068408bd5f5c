/** Writes one object in a process of its own: `node write-object.mjs <description> <MB>`; prints what that took. */
import { createOutputStore } from '../packages/storage/dist/index.js';

const [description, megabytes] = process.argv.slice(2).map((text) => JSON.parse(text));
const store = await createOutputStore(description);
const folder = 'bench-object';
const block = Buffer.alloc(1 << 20, 'resource');
const write = async (blocks) => {
  const options = { contentType: 'application/fhir+ndjson', attempt: 1 };
  const writer = await store.write(`${folder}/object-1-1.ndjson`, options);
  for (let n = 0; n < blocks; n += 1) await writer.write(block);
  await writer.commit();
};

await store.createFolder(folder);
// What the first use loads and connects is no part of it.
await write(1);
const begun = performance.now();
const before = process.cpuUsage();
await write(megabytes);
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - begun) / 1000;
await store.removeFolder(folder);
const peak = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ seconds, cpu: (user + system) / 1e6, peak }));
