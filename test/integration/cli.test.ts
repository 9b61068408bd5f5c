import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { LoadSummary } from '@sluice/loader';
import { runSluice, startSluice } from './cli-command.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

jest.setTimeout(60_000);

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function readAll(path: string): Promise<Map<string, Buffer>> {
  const names = (await readdir(path)).sort();
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(path, name))] as [string, Buffer]),
    ),
  );
}

async function generate(name: string, ...more: string[]): Promise<Map<string, Buffer>> {
  const out = join(folder, name);
  const { code, stderr } = await runSluice(['generate', '--patients', '12', '--out', out, ...more]);
  expect([code, stderr.includes('sluice:')]).toEqual([0, false]);
  return await readAll(out);
}

/** Name and SHA-256 of each file. */
function digests(files: ReadonlyMap<string, Buffer>): [string, string][] {
  return [...files].map(([name, bytes]) => [
    name.replace(/\.gz$/, ''),
    createHash('sha256')
      .update(name.endsWith('.gz') ? gunzipSync(bytes) : bytes)
      .digest('hex'),
  ]);
}

function linesOf(files: ReadonlyMap<string, Buffer>): string[] {
  return [...files.values()].flatMap((bytes) => bytes.toString().split('\n')).filter(Boolean);
}

describe('generate', () => {
  test('the same seed gives the same bytes, another one others', async () => {
    const first = digests(await generate('a'));
    expect(digests(await generate('b'))).toEqual(first);
    expect(digests(await generate('c', '--seed', '2'))).not.toEqual(first);
  });

  test('--gzip holds the same lines', async () => {
    const plain = await generate('a');
    const packed = await generate('b', '--gzip');
    expect([...packed.keys()]).toEqual([...plain.keys()].map((name) => `${name}.gz`));
    expect(digests(packed)).toEqual(digests(plain));
  });

  test('ids are unique, references lead somewhere, and most resources are Observations', async () => {
    const lines = linesOf(await generate('a'));
    const names = lines.map((line) => {
      const { resourceType, id } = JSON.parse(line) as { resourceType: string; id: string };
      return `${resourceType}/${id}`;
    });
    const known = new Set(names);
    expect(known.size).toBe(names.length);
    const references = lines.join('\n').matchAll(/"reference":"([^"#]+)"/g);
    expect([...references].filter(([, name]) => !known.has(name ?? ''))).toEqual([]);
    const observations = names.filter((name) => name.startsWith('Observation/'));
    expect(observations.length).toBeGreaterThan(names.length / 2);
    expect(lines.some((line) => /"value":\d+\.0[,}]/.test(line))).toBe(true);
  });
});

describe('load', () => {
  let database: TestDatabase;

  beforeAll(async () => {
    database = await createDatabase();
  });

  afterAll(async () => {
    await database.drop();
  });

  test('a bad line is reported with file and line, the rest goes in, and the exit code is 4', async () => {
    const input = join(folder, 'data');
    await mkdir(input);
    const patient = (id: string): string => JSON.stringify({ resourceType: 'Patient', id });
    const file = join(input, 'Patient.ndjson');
    await writeFile(file, `${patient('a')}\n{"resourceType":\n${patient('b')}\n`);
    const ran = await runSluice(['load', input, '--json'], { DATABASE_URL: database.url });
    expect(ran.code).toBe(4);
    expect(ran.stderr).toContain(`${file}:2: not JSON`);
    expect(JSON.parse(ran.stdout)).toMatchObject({ resources: 2, problems: 1 });
    const { rows } = await database.pool.query('select id from sluice.current_resources');
    expect(rows).toHaveLength(2);
  });

  test('check --repair corrects what was loaded before a name of the store was known', async () => {
    const file = join(folder, 'renamed.ndjson');
    const subject = { reference: 'https://old.example/fhir/Patient/r' };
    const resources = [
      { resourceType: 'Patient', id: 'r' },
      { resourceType: 'Observation', id: 'r', subject },
    ];
    await writeFile(file, resources.map((each) => `${JSON.stringify(each)}\n`).join(''));
    const env = { DATABASE_URL: database.url };
    await runSluice(['load', file], env);
    expect(await runSluice(['check', '--base-url', 'https://old.example/fhir'], env)).toMatchObject(
      { code: 2 },
    );
    expect((await runSluice(['check'], env)).stdout).toContain('check --repair --base-url');
    const args = ['check', '--repair', '--base-url', 'https://old.example/fhir/', '--json'];
    const { code, stdout } = await runSluice(args, env);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      unresolved: [],
      repaired: { compartments: 1, supporting: 0, targets: 0, stopped: false },
    });
  });

  test('many faults of a kind are one message with the first five, and a file has them all', async () => {
    const file = join(folder, 'many.ndjson');
    const list = join(folder, 'problems.ndjson');
    await writeFile(file, '{"resourceType":"Patient","id":"a_b"}\n'.repeat(1000));
    const args = ['load', file, '--problems', list, '--json'];
    const ran = await runSluice(args, { DATABASE_URL: database.url });
    expect(ran.code).toBe(1);
    const kind = expect.stringContaining('id … is not legal') as string;
    const { problemGroups } = JSON.parse(ran.stdout) as LoadSummary;
    expect(problemGroups).toMatchObject([{ kind, count: 1000 }]);
    expect(problemGroups[0]?.places).toHaveLength(5);
    expect(ran.stderr).toContain('1,000 times: id … is not legal');
    expect(ran.stderr.match(/many\.ndjson:\d+:/g)).toHaveLength(5);
    const lines = (await readFile(list, 'utf8')).trim().split('\n');
    expect(lines).toHaveLength(1000);
    expect(JSON.parse(lines[999] ?? '')).toMatchObject({ file, line: 1000 });
  });

  test('- is standard input, packed or not', async () => {
    const line = `{"resourceType":"Patient","id":"piped"}\n`;
    for (const [id, input] of [
      ['piped', line],
      ['packed', gzipSync(line.replace('piped', 'packed'))],
    ] as const) {
      const command = startSluice(['load', '-'], { DATABASE_URL: database.url }, 'pipe');
      command.child.stdin?.end(input);
      expect(await command.ended).toMatchObject({ code: 0 });
      const { rows } = await database.pool.query(
        'select id from sluice.current_resources where id = $1',
        [id],
      );
      expect(rows).toHaveLength(1);
    }
  });

  test('an interrupted load says how far it came, and running it again is safe', async () => {
    const file = join(folder, 'large.ndjson');
    const lines = Array.from(
      { length: 200_000 },
      (_, n) => `{"resourceType":"Patient","id":"i${n}"}\n`,
    );
    await writeFile(file, lines.join(''));
    const command = startSluice(['load', file], { DATABASE_URL: database.url });
    await command.says(/Loading/);
    command.child.kill('SIGINT');
    const { code, stderr } = await command.ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /Interrupted at \d+%, with [\d,]+ resources in\. .*running it again is safe/,
    );
    expect(await runSluice(['load', file], { DATABASE_URL: database.url })).toMatchObject({
      code: 0,
    });
  });

  test('what is skipped is reported, and a fault with --strict', async () => {
    const input = join(folder, 'mixed');
    await mkdir(input);
    await writeFile(join(input, 'Patient.ndjson'), '{"resourceType":"Patient","id":"c"}\n');
    await writeFile(join(input, 'notes.txt'), 'x');
    const environment = { DATABASE_URL: database.url };
    const ran = await runSluice(['load', input], environment);
    expect(ran.code).toBe(0);
    expect(ran.stderr).toContain(`skipped ${join(input, 'notes.txt')}: `);
    expect((await runSluice(['load', input, '--strict'], environment)).code).toBe(4);
  });

  test('a path that is not there is a fault', async () => {
    const missing = join(folder, 'missing.ndjson');
    const ran = await runSluice(['load', missing], { DATABASE_URL: database.url });
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain(`${missing}: no such file or folder`);
  });
});

describe('the command line', () => {
  test.each<[string, string[]]>([
    ['an unknown command', ['bogus']],
    ['an unknown option', ['up', '--bogus']],
    ['a number that is none', ['up', '--port', 'http']],
    ['a number out of range', ['generate', '--patients', '0', '--out', 'x']],
    [
      'urn: names outside Bundles',
      ['generate', '--patients', '1', '--out', 'x', '--references', 'urn'],
    ],
    ['a missing option', ['export']],
    ['a missing argument', ['load']],
    ['one argument too many', ['migrate', 'now']],
    ['an unknown level', ['export', '--out', 'x', '--level', 'all']],
    ['a Group without an id', ['export', '--out', 'x', '--level', 'group']],
    ['a URL that is none', ['status', 'localhost']],
  ])('%s: exit code 2 and a word about it', async (_what, args) => {
    const { code, stderr, stdout } = await runSluice(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
  });

  test('every command has help with an example', async () => {
    const { code, stdout } = await runSluice(['--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('Exit codes:');
    const names = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name ?? '');
    const commands = names.filter((name) => name !== 'help');
    expect(commands.length).toBeGreaterThanOrEqual(10);
    const helps = await Promise.all(commands.map((name) => runSluice([name, '--help'])));
    const told = helps.map(({ code, stdout }) => [code, stdout.includes('Example')]);
    expect(told).toEqual(commands.map(() => [0, true]));
  });

  test('a server that is not there is told in one line', async () => {
    const { code, stderr } = await runSluice([
      'export',
      '--out',
      folder,
      '--base',
      'http://127.0.0.1:1/fhir',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:1 cannot be reached');
  });
});

test('healthcheck checks the storage of the environment', async () => {
  const good = await runSluice(['healthcheck'], { FILE_STORAGE_DIR: folder });
  const ok = 'result:\n  message: ok\n  storage:\n    type: file\n';
  expect([good.code, good.stdout]).toEqual([0, ok]);
  await writeFile(join(folder, 'file'), '');
  const bad = await runSluice(['healthcheck'], { FILE_STORAGE_DIR: join(folder, 'file') });
  expect(bad.code).toBe(1);
  expect(bad.stdout).toContain('FILE_STORAGE_DIR has to be a folder');
});
