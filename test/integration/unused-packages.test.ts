import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { createPool } from '@sluice/postgres';
import { createDatabase } from '../support/database.ts';

const repository = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(resolve(repository, path), 'utf8');

/** Packages that the image leaves out. */
const unused = read('deploy/image/unused-packages.txt')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

interface LockedPackage {
  readonly dev?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(read('package-lock.json')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};

/** Where a package finds another one, as Node looks for it. */
function placeOf(name: string, from: string): string {
  for (let folder = from; ; folder = folder.slice(0, folder.lastIndexOf('/node_modules/'))) {
    const place = `${folder}/node_modules/${name}`.replace(/^\//, '');
    if (packages[place]) return place;
    if (!folder.includes('/node_modules/')) return `node_modules/${name}`;
  }
}

async function runWithout(script: string, env: Record<string, string> = {}): Promise<string> {
  const args = [
    '--require',
    resolve(repository, 'test/support/without-packages.cjs'),
    '--input-type=module',
  ];
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    [...args, '--eval', script],
    {
      cwd: resolve(repository, 'packages/postgres'),
      env: { ...process.env, ...env, WITHOUT_PACKAGES: unused.join(' ') },
    },
  );
  return stdout + stderr;
}

describe('packages that the image leaves out', () => {
  test.each(unused)('%s is installed, and only those need it whose use needs it not', (name) => {
    const place = `node_modules/${name}`;
    expect(existsSync(resolve(repository, place))).toBe(true);
    const dependants = Object.entries(packages)
      .filter(([, { dev }]) => dev !== true)
      .filter(([from, { dependencies, optionalDependencies }]) =>
        Object.keys({ ...dependencies, ...optionalDependencies }).some(
          (needed) => placeOf(needed, from) === place,
        ),
      )
      .map(([from]) => from.replace('node_modules/', ''));
    const known = new Set(['fhirpath', '@lhncbc/ucum-lhc', 'knex', ...unused]);
    expect(dependants.filter((dependant) => !known.has(dependant))).toEqual([]);
  });

  test('are missed by no migration', async () => {
    const database = await createDatabase();
    try {
      const pool = createPool(database.url, { max: 1 });
      await pool.query('drop schema sluice cascade');
      await pool.end();
      const script = `const { migrate } = await import('./dist/index.js');
        console.log((await migrate(process.env.DATABASE_URL)).length);`;
      expect(await runWithout(script, { DATABASE_URL: database.url })).toMatch(/^\d+\n$/);
    } finally {
      await database.drop();
    }
  });

  test('are missed by no expression, that compares quantities or not', async () => {
    const script = `const { createRequire } = await import('node:module');
      const require = createRequire(process.cwd() + '/../fhir/package.json');
      const { compile } = require('fhirpath');
      const model = require('fhirpath/fhir-context/r4');
      const value = { value: 1, code: 'mg', system: 'http://unitsofmeasure.org' };
      const given = { resourceType: 'Observation', valueQuantity: value };
      const ask = (text) => compile(text, model, { async: false })(given);
      console.log(JSON.stringify([ask("(Observation.value as Quantity) > 999 'ug'"), ask('Observation.value.code')]));`;
    expect(await runWithout(script)).toBe('[[true],["mg"]]\n');
  });
});
