/**
 * The guard: a process of its own that starts one server and stays beside it. Its IPC channel to the
 * supervisor closes when the supervisor ends in any way, `kill -9` included; the guard then stops
 * the server, so that no server is ever left behind. Run as `node guard.js '<GuardedCommand>'`.
 */
import { spawn } from 'node:child_process';
import { exitOf, signalQuietly } from './exit-facts.ts';
import type { GuardedCommand } from './guarded-process.ts';

const command = JSON.parse(process.argv[2] ?? '{}') as GuardedCommand;
const server = spawn(command.file, command.args, {
  cwd: '/',
  stdio: ['ignore', 'inherit', 'inherit'],
  ...(command.user ?? {}),
});
server.on('error', (error) => process.stderr.write(`${command.file}: ${error.message}\n`));

let stopping = false;
function stopServer(): void {
  if (stopping || server.pid === undefined) return;
  stopping = true;
  const { pid } = server;
  signalQuietly(pid, command.stopSignal);
  setTimeout(() => signalQuietly(pid, 'SIGKILL'), command.graceMs).unref();
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stopServer);
process.on('disconnect', stopServer);
if (server.pid !== undefined) process.send?.({ pid: server.pid }, () => undefined);
if (!process.connected) stopServer();

const { code, signal } = await exitOf(server);
// How the server ended is how the guard ends, so that its parent can say it.
if (signal !== null && !stopping) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
process.exit(code ?? 0);
