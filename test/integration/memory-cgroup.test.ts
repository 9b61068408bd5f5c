import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  createMemoryCgroup,
  withMemoryCgroups,
  type MemoryCgroup,
} from '../support/memory-cgroup.ts';

const megabyte = 1024 * 1024;

withMemoryCgroups(() => {
  let group: MemoryCgroup;
  beforeEach(() => {
    const made = createMemoryCgroup(96 * megabyte);
    if (made === undefined) throw new Error('no cgroup');
    group = made;
  });
  afterEach(() => group.remove());

  const take = async (megabytes: number): Promise<unknown[]> => {
    const script = `Buffer.alloc(${megabytes} * ${megabyte}, 1)`;
    const [program, ...words] = group.launcher;
    const child = spawn(program, [...words, process.execPath, '-e', script], { stdio: 'ignore' });
    return (await once(child, 'close')) as unknown[];
  };

  test('a process that takes more than its group may have is killed, and no other', async () => {
    expect(await take(200)).toEqual([null, 'SIGKILL']);
    expect(await group.countKills()).toBe(1);
  });

  test('a process that takes less ends by itself, and the most it took is known', async () => {
    expect(await take(20)).toEqual([0, null]);
    expect(await group.countKills()).toBe(0);
    expect(await group.peakBytes()).toBeGreaterThan(20 * megabyte);
    expect(await group.peakBytes()).toBeLessThanOrEqual(96 * megabyte);
  });
});
