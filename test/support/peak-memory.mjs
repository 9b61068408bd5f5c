// Preloaded by `NODE_OPTIONS=--import=…`: the process says at its end how much memory it ever had resident.
import { readFileSync, writeSync } from 'node:fs';

process.on('exit', () => {
  // Not maxRSS of getrusage, which begins with that of the process that started this one.
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  writeSync(2, `peak memory: ${Math.ceil(Number(kilobytes) / 1024)} MB\n`);
});
