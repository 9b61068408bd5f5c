import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const script = resolve(import.meta.dirname, '../../deploy/image/build.sh');
const digest = `sha256:${'0a'.repeat(32)}`;

/** What the script says, with `echo` in the place of a builder. */
async function build(env: Record<string, string>): Promise<{ stdout: string; stderr: string }> {
  const all = { ...process.env, IMAGE_BUILDER: 'echo', ...env };
  return await promisify(execFile)(script, ['localhost/sluice:test'], { env: all });
}

describe('the build of the image', () => {
  test('hands on the digest of its base', async () => {
    const { stdout, stderr } = await build({ NODE_DIGEST: digest });
    expect(stdout).toContain(`--build-arg NODE_DIGEST=${digest} `);
    expect(stderr).toBe('');
  });

  test('says when its base is not pinned', async () => {
    const { stdout, stderr } = await build({ NODE_DIGEST: '' });
    expect(stdout).toContain('--build-arg NODE_DIGEST= ');
    expect(stderr).toContain('set NODE_DIGEST to pin it');
  });

  test.each(['latest', 'sha256:0a', `${digest}0`, digest.toUpperCase()])(
    'refuses %j, which is no digest',
    async (wrong) => {
      await expect(build({ NODE_DIGEST: wrong })).rejects.toMatchObject({
        code: 1,
        stderr: expect.stringContaining('accepted: sha256:') as string,
      });
    },
  );
});
