import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { variables } from '@sluice/runtime';
import { parse } from 'yaml';
import { readApiSettings } from '../../services/api/src/settings.ts';
import { readWorkerEnvironment } from '../../services/worker/src/settings.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { repository, run } from './support/tools.ts';

interface Service {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
  profiles?: string[];
}

const text = readFileSync(join(repository, 'docker-compose.yml'), 'utf8');
const { services } = parse(text, { merge: true }) as { services: Record<string, Service> };
const own = Object.entries(services).filter(([, { image }]) => image.includes('/sluice:'));

const load = async (file: string, ...profiles: string[]) =>
  await run('compose-check', [file, ...profiles]);

test('compose would start everything but tools and monitoring', async () => {
  const { code, stdout, stderr } = await load('docker-compose.yml');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trim().split('\n')).toEqual([
    'api',
    'migrate',
    'postgres',
    'proxy',
    'redis',
    's3',
    'worker',
  ]);
});

test('the profile monitoring adds Prometheus and Grafana', async () => {
  const { code, stdout } = await load('docker-compose.yml', 'monitoring');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^grafana\n[^]*^prometheus$/m);
});

test('every service has a health check, its own or that of the image', () => {
  const without = Object.entries(services)
    .filter(([, { image, healthcheck }]) => !healthcheck && !image.includes('/sluice:'))
    .map(([name]) => name);
  expect(without).toEqual([]);
});

test('what depends on a service waits until it is ready', () => {
  const hurried = Object.entries(services).flatMap(([name, { depends_on = {} }]) =>
    Object.entries(depends_on)
      .filter(([, { condition }]) => condition === 'service_started')
      .map(([other]) => `${name} → ${other}`),
  );
  expect(hurried).toEqual([]);
});

test('processes of Sluice are given variables that they know', () => {
  const unknown = own
    .flatMap(([, { environment = {} }]) => Object.keys(environment))
    .filter((name) => !(name in variables) && !name.startsWith('AWS_'));
  expect(unknown).toEqual([]);
});

test('API and worker would take the values that they are given', () => {
  const given = Object.entries(services['api']?.environment ?? {}).map(
    ([name, value]) => [name, value.replace(/\$\{\w+:-([^}]*)\}/g, '$1')] as const,
  );
  const environment = { HOST: '0.0.0.0', ...Object.fromEntries(given) };
  expect(readApiSettings(environment).ALLOW_OPEN).toBe(true);
  expect(readWorkerEnvironment(environment).storage).toMatchObject({ provider: 'aws' });
});

test('a password with a default has the words in it that a process warns of', () => {
  const defaults = [...text.matchAll(/\$\{\w*(?:PASSWORD|SECRET)\w*:-([^}]*)\}/g)];
  expect(defaults.length).toBeGreaterThan(3);
  expect(new Set(defaults.map(([, value]) => value))).toEqual(new Set(['not-for-production']));
});

test('no port is open to other machines', () => {
  const open = [...text.matchAll(/ports: \[(.*)\]/g)].filter(
    ([, port]) => !/^'127\.0\.0\.1:/.test(port ?? ''),
  );
  expect(open).toEqual([]);
});

test.each([
  ['an unknown field', '    command: [api]\n', '    command: [api]\n    replicas: 2\n'],
  [
    'a dependency that is not there',
    'postgres: { condition: service_healthy }',
    'postgre: { condition: service_healthy }',
  ],
  ['a volume that is not declared', "volumes: ['redis:/data']", "volumes: ['radis:/data']"],
  ['a condition that is none', 'service_completed_successfully', 'service_done'],
  ['a port that is none', '127.0.0.1:8080:8080', '127.0.0.1:8080:808080'],
  ['a duration that is none', 'stop_grace_period: 20s', 'stop_grace_period: soon'],
])('compose refuses %s', async (_, from, to) => {
  expect(text).toContain(from);
  const file = join(await tempFolder('compose'), 'docker-compose.yml');
  await writeFile(file, text.replaceAll(from, to));
  expect((await load(file)).code).not.toBe(0);
});
