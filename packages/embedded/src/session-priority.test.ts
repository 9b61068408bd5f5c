import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setSessionPriority } from './session-priority.ts';

test('a process that leads a session gets its priority, where there is such a thing', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true });
  const file = `/proc/${child.pid}/autogroup`;
  setSessionPriority(child.pid ?? 0, 2);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : 'nice 2').toMatch(/nice 2\s*$/);
  child.kill('SIGKILL');
  await once(child, 'exit');
});

test('a process that is gone is no fault', () => {
  expect(() => setSessionPriority(2 ** 30, 2)).not.toThrow();
});
