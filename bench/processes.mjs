import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second that /proc counts in; 100 on every Linux that matters. */
const ticks = 100;

/** Processes of this machine as /proc shows them; none elsewhere than on Linux. */
function* processes() {
  let names = [];
  try {
    names = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return;
  }
  for (const pid of names) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      if (command !== '') yield { pid, command };
    } catch {
      // It has ended since the folder was read.
    }
  }
}

/** VmHWM of a service that this process started, or undefined where /proc does not tell. */
export function peakMegabytes(service) {
  for (const { pid, command } of processes()) {
    if (!command.includes(service)) continue;
    const status = read(`/proc/${pid}/status`);
    const isOwn = /PPid:\s+(\d+)/.exec(status)?.[1] === String(process.pid);
    const peak = /VmHWM:\s+(\d+)/.exec(status)?.[1];
    if (isOwn && peak) return Math.round(Number(peak) / 1024);
  }
  return undefined;
}

const kinds = {
  worker: /services\/worker/,
  api: /services\/api/,
  redis: /redis-server|valkey/,
  postgres: /^postgres: /,
};

/** CPU seconds that each kind of process of a stack has used so far. */
export function cpuSeconds() {
  const used = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]));
  for (const { pid, command } of processes()) {
    const kind = Object.keys(kinds).find((name) => kinds[name].test(command));
    const stat = kind && read(`/proc/${pid}/stat`);
    if (!stat) continue;
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    used[kind] += (Number(user) + Number(system)) / ticks;
  }
  return used;
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
