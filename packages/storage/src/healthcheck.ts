import { randomUUID } from 'node:crypto';
import type { OutputStore } from './output-store.ts';

/** Writes, reads back and deletes a small object. @throws StorageError naming what failed */
export async function checkStorage(store: OutputStore): Promise<void> {
  const folder = `healthcheck_${randomUUID()}`;
  const key = `${folder}/healthcheck-1.ndjson`;
  await store.createFolder(folder);
  try {
    const content = Buffer.from(`${folder}\n`);
    const writer = await store.write(key, { contentType: 'application/fhir+ndjson', attempt: 1 });
    await writer.write(content);
    await writer.commit();
    const read: Buffer[] = [];
    for await (const chunk of await store.read(key)) read.push(chunk as Buffer);
    if (!Buffer.concat(read).equals(content)) throw new Error('the store gave back other bytes');
  } finally {
    await store.removeFolder(folder);
  }
}
