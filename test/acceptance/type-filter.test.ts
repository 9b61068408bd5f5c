import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from '@sluice/loader';
import { Deployment } from '../support/deployment.ts';
import { downloadLines, runExport, type Parameters } from '../support/export-client.ts';
import { readSamples, syntheaFolder } from '../support/synthea.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { addedResources, typeFilterCases, type TypeFilterCase } from './type-filter-cases.ts';

/*
 * Every case of the table over HTTP. Types are filtered independently, so an export has one case of each
 * type that has cases left; POST carries the many filters.
 */

let deployment: Deployment;
let base: string;
/** Of each type the parsed resources. */
let resources: Map<string, object[]>;

// Without Synthea's data only the cases of the added resources have anything to select from.
const folder = syntheaFolder();
const typeOf = ({ type }: TypeFilterCase): string => type;
const own = new Set<string>(addedResources.map(({ resourceType }) => resourceType));
const cases = typeFilterCases.filter((each) => folder !== undefined || own.has(typeOf(each)));

beforeAll(async () => {
  const added = await tempFolder('added');
  const lines = addedResources.map((resource) => `${JSON.stringify(resource)}\n`);
  await writeFile(join(added, 'added.ndjson'), lines.join(''));
  const samples = [
    ...(folder === undefined ? [] : readSamples(folder)).map(({ line }) => line),
    ...lines,
  ];
  resources = groupBy(
    samples.map((line) => JSON.parse(line) as { resourceType: string }),
    ({ resourceType }) => resourceType,
  );
  deployment = await Deployment.create({ PART_RESOURCES: '10000' });
  const paths = folder === undefined ? [added] : [added, folder];
  await load({ pool: deployment.database.pool, paths });
  ({ base } = await deployment.startApi());
  await deployment.startWorker();
}, 120_000);
afterAll(() => deployment.drop());

function groupBy<T>(all: readonly T[], keyOf: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return groups;
}

/** Cases in rounds, each with one case of a type at the most. */
function rounds(): TypeFilterCase[][] {
  const byType = groupBy(cases, typeOf);
  const longest = Math.max(...[...byType.values()].map(({ length }) => length));
  return Array.from({ length: longest }, (_, n) =>
    [...byType.values()].flatMap((all) => all.slice(n, n + 1)),
  );
}

async function idsOf(
  given: readonly TypeFilterCase[],
): Promise<{ ids: Map<string, string[]>; at: number }> {
  const body: Parameters = {
    resourceType: 'Parameters',
    parameter: [
      { name: '_type', valueString: given.map(typeOf).join(',') },
      { name: '_elements', valueString: 'id' },
      ...given.map(({ filter }) => ({ name: '_typeFilter', valueString: filter })),
    ],
  };
  const manifest = await runExport(base, '/$export', body);
  expect(manifest.error).toEqual([]);
  const lines = (await downloadLines(manifest.output)).map(
    (line) => JSON.parse(line) as { resourceType: string; id: string },
  );
  const byType = groupBy(lines, ({ resourceType }) => resourceType);
  const ids = new Map([...byType].map(([type, all]) => [type, all.map(({ id }) => id).sort()]));
  return { ids, at: Date.parse(manifest.transactionTime) };
}

test(`${cases.length} filters each let through exactly what they should`, async () => {
  expect(cases.length).toBeGreaterThan(folder === undefined ? 5 : 300);
  const wrong: string[] = [];
  for (const round of rounds()) {
    const { ids, at } = await idsOf(round);
    for (const each of round) {
      const wanted = (resources.get(typeOf(each)) ?? [])
        .filter((resource) => each.expected(resource as never, at))
        .map((resource) => (resource as { id: string }).id)
        .sort();
      const got = ids.get(typeOf(each)) ?? [];
      if (got.join() !== wanted.join()) {
        wrong.push(`${each.filter}: ${got.length} resources, not ${wanted.length}`);
      }
    }
  }
  expect(wrong).toEqual([]);
}, 280_000);
