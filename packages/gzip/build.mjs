/** Compiles assembly/ to dist/deflate.wasm, unless it is newer than its sources. */
import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import asc from 'assemblyscript/asc';

const folder = import.meta.dirname;
const target = join(folder, 'dist', 'deflate.wasm');
const sources = readdirSync(join(folder, 'assembly')).map((name) => join(folder, 'assembly', name));
const changed = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

if (Math.max(changed(import.meta.filename), ...sources.map(changed)) >= changed(target)) {
  mkdirSync(join(folder, 'dist'), { recursive: true });
  const options =
    '-O3 --converge --noAssert --runtime stub --importMemory --sharedMemory --enable threads';
  // Pages of 64 KB; what is there is drawn in assembly/memory.ts.
  const pages = '--initialMemory 51 --maximumMemory 51';
  const { error, stderr } = await asc.main([
    join(folder, 'assembly', 'index.ts'),
    '--outFile',
    target,
    ...`${options} ${pages}`.split(' '),
  ]);
  if (error) {
    process.stderr.write(`${stderr.toString()}\n${error.message}\n`);
    process.exit(1);
  }
}
