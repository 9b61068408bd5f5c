import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

const script = join(import.meta.dirname, '../support/scopes-and-filters.mjs');

test('440 scopes with searches and 1,000 filters are checked within 64 MB of heap', async () => {
  const node = promisify(execFile);
  const { stdout } = await node(process.execPath, ['--max-old-space-size=64', script]);
  expect(JSON.parse(stdout)).toEqual([1000, 440]);
});
