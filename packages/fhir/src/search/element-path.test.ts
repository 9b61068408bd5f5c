import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { compile } from 'fhirpath';
import model from 'fhirpath/fhir-context/r4';
import { resourceTypes } from '../resource-types.ts';
import { compilePath } from './element-path.ts';
import { type ElementPath, type SearchParameter, searchParameters } from './parameters.ts';

/** Resources made for the case are small; these values are told apart by `n`. */
const valueOf: Readonly<Record<string, (n: number) => unknown>> = {
  boolean: (n) => n % 2 === 0,
  integer: (n) => n,
  positiveInt: (n) => n + 1,
  unsignedInt: (n) => n,
  decimal: (n) => n + 0.5,
  code: (n) => `code-${n}`,
  id: (n) => `id-${n}`,
  string: (n) => `text ${n}`,
  markdown: (n) => `text *${n}*`,
  uri: (n) => `urn:x:${n}`,
  url: (n) => `http://x.org/${n}`,
  canonical: (n) => `http://x.org/a${n}|${n}`,
  oid: (n) => `urn:oid:1.2.${n}`,
  uuid: (n) => `urn:uuid:0000${n}`,
  date: (n) => `20${10 + n}-01-01`,
  dateTime: (n) => `20${10 + n}-01-01T00:00:00Z`,
  instant: (n) => `20${10 + n}-01-01T00:00:00.000Z`,
  Reference: (n) => ({ reference: `${['Patient', 'Group', 'Location'][n % 3]}/${n}` }),
  ContactPoint: (n) => ({ value: `contact ${n}` }),
  HumanName: (n) => ({ family: `name ${n}` }),
  Address: (n) => ({ city: `city ${n}` }),
  CodeableConcept: (n) => ({ text: `concept ${n}` }),
  Coding: (n) => ({ code: `coding ${n}` }),
  Identifier: (n) => ({ value: `identifier ${n}` }),
  Period: (n) => ({ start: `20${10 + n}` }),
  Timing: (n) => ({ event: [`20${10 + n}`] }),
  Range: (n) => ({ low: { value: n } }),
  Money: (n) => ({ value: n, currency: 'EUR' }),
  ...Object.fromEntries(
    ['Quantity', 'Age', 'Duration', 'Count', 'Distance'].map((type) => [
      type,
      (n: number) => ({ value: n, unit: 'x' }),
    ]),
  ),
};

type Members = Record<string, unknown>;

/** Puts two values at the end of a path, as far as its steps may repeat; conditions are met by the first. */
function putValues(into: Members, path: ElementPath, seed: number): void {
  const [step, ...rest] = path.steps;
  if (step === undefined) return;
  const made = [0, 1].map((n) => {
    const found = ([into[step.name]].flat()[n] ?? {}) as Members;
    if (rest.length > 0) {
      putValues(found, { ...path, steps: rest }, seed * 2 + n);
    }
    const value = rest.length > 0 ? found : valueOf[path.type]?.(seed * 2 + n);
    if (step.where !== undefined) {
      (value as Members)[step.where.name] = n === 0 ? step.where.value : 'other';
    }
    return value;
  });
  into[step.name] = step.repeats ? made : made[0];
}

/**
 * What the expression means to a search. `as` fails on more than one element by the letter of FHIRPath, and is written where there may
 * be many; `resolve()` would fetch, so the text of the reference stands in for it.
 */
function searchable(expression: string): string {
  return expression
    .replaceAll(/\((\S+) as (\w+)\)/g, '$1.ofType($2)')
    .replaceAll(/\.as\((\w+)\)/g, '.ofType($1)')
    .replaceAll(/resolve\(\) is (\w+)/g, "reference.startsWith('$1/')")
    .replaceAll(/ \| \S+\.ofType\(SampledData\)/g, '');
}

function selectByPaths(parameter: SearchParameter, resource: object): Set<string> {
  const found = new Set<string>();
  for (const path of parameter.paths) {
    compilePath(path, parameter.expression)(resource, (element) => {
      found.add(JSON.stringify(element));
      return false;
    });
  }
  return found;
}

function createFhirpath(parameter: SearchParameter): (resource: object) => Set<string> {
  const evaluate = compile(searchable(parameter.expression), model, { async: false });
  return (resource) => {
    const found = evaluate(structuredClone(resource)) as unknown[];
    return new Set(found.map((element) => JSON.stringify(element)));
  };
}

const evaluated = [...resourceTypes].map((type) => ({
  type,
  parameters: [...searchParameters(type).values()].filter(({ paths }) => paths.length > 0),
}));

test.each(evaluated)('paths select in $type what fhirpath selects', ({ type, parameters }) => {
  for (const parameter of parameters) {
    // What every resource has is looked at once.
    if (parameter.definition.includes('/Resource-') && type !== 'Patient') continue;
    const select = createFhirpath(parameter);
    // Path by path: of a choice, only one may be there.
    const resources = [0, 1].flatMap((seed) =>
      parameter.paths.map((path) => {
        const resource: Members = { resourceType: type };
        putValues(resource, path, seed);
        return resource;
      }),
    );
    for (const resource of [...resources, { resourceType: type }]) {
      const selected = selectByPaths(parameter, resource);
      expect({ parameter: parameter.name, selected }).toEqual({
        parameter: parameter.name,
        selected: select(resource),
      });
    }
  }
});

test('every resource made for the comparison has something to select', () => {
  const selecting = evaluated.flatMap(({ type, parameters }) =>
    parameters.filter((parameter) => {
      const resource: Members = { resourceType: type };
      for (const path of parameter.paths) putValues(resource, path, 0);
      return selectByPaths(parameter, resource).size > 0;
    }),
  );
  const all = evaluated.flatMap(({ parameters }) => parameters);
  // Where only references to some other type are meant, Patient and Group are of no use.
  const empty = all.filter((each) => !selecting.includes(each));
  expect(empty.every(({ paths }) => paths.every(({ steps }) => steps.at(-1)?.target))).toBe(true);
  expect(selecting.length).toBeGreaterThan(2000);
});

const synthea = resolve('../shared/data/synthea');
const testWithSynthea = existsSync(join(synthea, 'Patient.ndjson.gz')) ? test : test.skip;

testWithSynthea('paths select in real data what fhirpath selects', () => {
  let selected = 0;
  for (const { type, parameters } of evaluated) {
    const file = join(synthea, `${type}.ndjson.gz`);
    if (!existsSync(file)) continue;
    const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
    const every = Math.max(1, Math.floor(lines.length / 12));
    const resources = lines
      .filter((line, n) => n % every === 0 && line.length < 20_000)
      .map((line) => JSON.parse(line) as object);
    for (const parameter of parameters) {
      const select = createFhirpath(parameter);
      for (const resource of resources) {
        const found = selectByPaths(parameter, resource);
        selected += found.size;
        expect(found).toEqual(select(resource));
      }
    }
  }
  expect(selected).toBeGreaterThan(2000);
});
