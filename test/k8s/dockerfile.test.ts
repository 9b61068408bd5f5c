import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { variables } from '@sluice/runtime';
import { repository, run } from './support/tools.ts';

const text = readFileSync(join(repository, 'Dockerfile'), 'utf8');
const final = text.slice(text.lastIndexOf('\nFROM '));

test('hadolint finds nothing', async () => {
  expect(await run('hadolint', ['Dockerfile'])).toEqual({ code: 0, stdout: '', stderr: '' });
});

test('the base has a full name and an exact version', () => {
  expect(text).toMatch(/^ARG NODE_IMAGE=docker\.io\/library\/node:\d+\.\d+\.\d+-[a-z-]+$/m);
});

test('both stages stand on that base, by its digest where one is given', () => {
  const bases = [...text.matchAll(/^FROM (.+?)(?: AS \w+)?$/gm)].map(([, base]) => base);
  const base = '${NODE_IMAGE}${NODE_DIGEST:+@${NODE_DIGEST}}';
  expect(bases).toEqual([base, base]);
});

test('a process runs as a numbered user that is not root, and is PID 1 itself', () => {
  expect(final).toMatch(/^USER [1-9]\d*:[1-9]\d*$/m);
  expect(final).toMatch(/^ENTRYPOINT \["node", /m);
  expect(final).toMatch(/^HEALTHCHECK /m);
});

test('ports are those of the settings', () => {
  const { PORT, METRICS_PORT, API_METRICS_PORT } = variables;
  expect(final).toContain(
    `\nEXPOSE ${PORT.default} ${METRICS_PORT.default} ${API_METRICS_PORT.default}\n`,
  );
  expect(final).toContain(` PORT=${PORT.default} `);
  expect(final).toContain(` METRICS_PORT=${METRICS_PORT.default}\n`);
});

test('hadolint refuses a package without a version', async () => {
  const { code } = await run('hadolint', ['-'], { input: `${text}\nRUN apt-get install curl\n` });
  expect(code).toBe(1);
});
