import { resourceTypes, searchParametersOf } from '@sluice/fhir';
import { capabilityStatement, type CapabilityOptions } from './capability-statement.ts';
import { kickOffParameters } from './kick-off-parameters.ts';

const options: CapabilityOptions = {
  baseUrl: 'http://x/fhir',
  version: '1.2.3',
  date: '2026-11-21',
  security: 'none',
};

interface Operation {
  readonly name: string;
  readonly definition: string;
  readonly documentation: string;
}

interface Statement {
  readonly instantiates: string[];
  readonly rest: {
    readonly operation: Operation[];
    readonly resource: {
      readonly type: string;
      readonly interaction: { readonly code: string }[];
      readonly searchParam: {
        readonly name: string;
        readonly type: string;
        readonly definition?: string;
        readonly documentation?: string;
      }[];
      readonly operation?: Operation[];
    }[];
  }[];
}

const statement = capabilityStatement(options) as Statement;
const [rest] = statement.rest;

function resourceOf(type: string) {
  return rest?.resource.find((resource) => resource.type === type);
}

/** The documentation of `$export` on a type, or at system level. */
function documentationOf(type: string | undefined, changes: Partial<CapabilityOptions> = {}) {
  const [changed] = (capabilityStatement({ ...options, ...changes }) as Statement).rest;
  const operations = type
    ? changed?.resource.find((resource) => resource.type === type)?.operation
    : changed?.operation;
  return operations?.[0]?.documentation ?? '';
}

test('there is one rest entry, with the operations of every level under both of their names', () => {
  expect(statement.rest).toHaveLength(1);
  expect(rest?.operation.map(({ name }) => name)).toEqual(['export']);
  for (const type of ['Patient', 'Group']) {
    const operations = resourceOf(type)?.operation;
    const name = `${type.toLowerCase()}-export`;
    expect(operations?.map((operation) => operation.name)).toEqual(['export', name]);
    for (const { definition } of operations ?? []) {
      expect(definition).toBe(`http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${name}`);
    }
  }
});

test('it says what it implements, and which types can be exported', () => {
  expect(statement).toMatchObject({
    resourceType: 'CapabilityStatement',
    fhirVersion: '4.0.1',
    kind: 'instance',
    instantiates: ['http://hl7.org/fhir/uv/bulkdata/CapabilityStatement/bulk-data'],
    software: { version: '1.2.3' },
  });
  expect(rest?.resource.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['Organization', 'Location']),
  );
});

test('every resource can be read, Groups can be searched, Binaries be read in a version', () => {
  const more: Readonly<Record<string, string>> = { Group: 'search-type', Binary: 'vread' };
  for (const { type, interaction } of rest?.resource ?? []) {
    const codes = interaction.map(({ code }) => code);
    expect([type, codes]).toEqual([type, type in more ? ['read', more[type]] : ['read']]);
  }
});

test('the search parameters are those of the search engine, as it has them', () => {
  expect(rest?.resource.map(({ type }) => type)).toEqual([...resourceTypes].sort());
  for (const { type, searchParam } of rest?.resource ?? []) {
    if (type !== 'Group') expect(searchParam).toEqual(searchParametersOf(type));
    for (const parameter of searchParam) {
      expect(parameter.definition ?? parameter.name).toMatch(/^(http:|name$)/);
    }
  }
});

test('of a Group it is said which parameters are for search and which for filters', () => {
  const parameters = resourceOf('Group')?.searchParam ?? [];
  const searched = parameters.filter(({ documentation }) => /^Search/.test(documentation ?? ''));
  expect(searched.map(({ name }) => name)).toEqual(['_id', 'identifier', 'name']);
  expect(parameters.map(({ name }) => name)).toEqual([
    ...searchParametersOf('Group').map(({ name }) => name),
    'name',
  ]);
});

test('every parameter of a level is listed with what it accepts, and no other', () => {
  const listed = (text: string) => [...text.matchAll(/^(\w+): \S/gm)].map(([, name]) => name);
  const all = Object.keys(kickOffParameters);
  const withoutPatient = all.filter((name) => name !== 'patient');
  expect(listed(documentationOf(undefined))).toEqual(withoutPatient);
  expect(listed(documentationOf('Patient'))).toEqual(all);
  expect(listed(documentationOf('Group'))).toEqual(all);
  const tillSystemOnly = { tillSystemOnly: true };
  expect(listed(documentationOf(undefined, tillSystemOnly))).toContain('_till');
  expect(listed(documentationOf('Group', tillSystemOnly))).not.toContain('_till');
});

test('what the deployment allows is said', () => {
  expect(documentationOf('Patient')).toContain('come along');
  expect(documentationOf('Patient', { supportingResources: 'off' })).toContain('not exported');
  expect(documentationOf('Group')).not.toContain('in a body only');
  expect(documentationOf('Group', { patientParamGet: 'off' })).toContain('in a body only');
});
