import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { addedResources, typeFilterCases } from '../../../../test/acceptance/type-filter-cases.ts';
import { syntheaFolder } from '../../../../test/support/synthea.ts';
import { parseInstant } from '../instant.ts';
import { compartmentPatients } from '../patient-compartment.ts';
import { compileFilter } from './compile.ts';
import { narrowFilter } from './narrow.ts';
import type { Narrowing } from './narrowing.ts';
import { parseTypeFilter } from './type-filter.ts';

const folder = syntheaFolder();
const options = { baseUrl: 'https://example.org/fhir', nowMs: Date.now() };

type Resource = (typeof addedResources)[number];

interface Stored {
  readonly line: string;
  readonly resource: Resource;
}

/**
 * One type at a time: all of the data at once would fill the memory. Of Observations a quarter has to do, and those that a filter names;
 * the acceptance test takes all.
 */
function readType(type: string, filters: readonly string[]): Stored[] {
  const file = join(folder ?? '', `${type}.ndjson.gz`);
  const named = filters.flatMap((filter) => filter.match(/[0-9a-f-]{36}/g) ?? []);
  const lines = existsSync(file)
    ? gunzipSync(readFileSync(file))
        .toString()
        .trimEnd()
        .split('\n')
        .filter(
          (line, n, { length }) =>
            length < 20_000 || n % 4 === 0 || named.some((id) => line.includes(id)),
        )
    : addedResources
        .filter(({ resourceType }) => resourceType === type)
        .map((resource) => JSON.stringify(resource));
  return lines.map((line) => ({ line, resource: JSON.parse(line) as Resource }));
}

/** What the database would answer. */
function holds(narrowing: Narrowing, stored: Stored): boolean {
  if ('all' in narrowing) return narrowing.all.every((each) => holds(each, stored));
  if ('any' in narrowing) return narrowing.any.some((each) => holds(each, stored));
  if ('text' in narrowing) {
    return stored.line.includes(narrowing.text) || stored.line.includes('\\');
  }
  if ('id' in narrowing) return narrowing.id.includes(stored.resource.id ?? '');
  if ('patient' in narrowing) {
    const patients = compartmentPatients({ ...stored.resource }, options.baseUrl);
    return narrowing.patient.some((id) => patients.includes(id));
  }
  if ('always' in narrowing) return true;
  const updated = parseInstant(stored.resource.meta?.lastUpdated ?? '')?.text ?? '';
  const { op, instant } = narrowing.lastUpdated;
  return op === 'ge' || op === 'gt' ? updated >= instant : updated <= instant;
}

const types = [...new Set(typeFilterCases.map(({ type }) => type))];
const everyCase = types.map((type) => ({
  type,
  cases: typeFilterCases.filter((each) => each.type === type),
}));

test('there are cases enough, each once', () => {
  expect(typeFilterCases.length).toBeGreaterThanOrEqual(170);
  expect(new Set(typeFilterCases.map(({ filter }) => filter)).size).toBe(typeFilterCases.length);
});

(folder === undefined ? test.skip : test).each(everyCase)(
  'filters select of $type what plain JavaScript selects',
  ({ type, cases }) => {
    const stored = readType(
      type,
      cases.map(({ filter }) => filter),
    );
    for (const { filter, expected } of cases) {
      const parsed = parseTypeFilter(type, filter.slice(type.length + 1));
      const test = compileFilter([parsed], options);
      const narrowing = narrowFilter(parsed);
      let selected = 0;
      for (const each of stored) {
        const isSelected = test(each.resource);
        if (isSelected !== expected(each.resource, options.nowMs)) {
          throw new Error(`${filter}: ${isSelected ? 'selected' : 'left out'}: ${each.line}`);
        }
        if (isSelected) {
          selected += 1;
          if (!holds(narrowing, each)) {
            throw new Error(`${filter}: ${JSON.stringify(narrowing)} drops ${each.line}`);
          }
        }
      }
      expect({ filter, selects: selected > 0, leaves: selected < stored.length }).toEqual({
        filter,
        selects: true,
        leaves: true,
      });
    }
  },
);
