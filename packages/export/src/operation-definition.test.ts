import { patientCompartmentTypes, supportingTypes } from '@sluice/fhir';
import { operationDefinition, type DefinitionOptions } from './operation-definition.ts';
import { operationNames, operationParameters, type OperationName } from './operation-parameters.ts';
import { supportingGraph } from './supporting-graph.ts';

const options: DefinitionOptions = { baseUrl: 'http://x/fhir', version: '1', date: '2026-11-27' };

interface Definition {
  readonly description: string;
  readonly parameter: { readonly name: string; readonly max: string; readonly type: string }[];
}

function parametersOf(name: OperationName, changes: Partial<DefinitionOptions> = {}) {
  return (operationDefinition(name, { ...options, ...changes }) as Definition).parameter;
}

test.each<[OperationName, object]>([
  ['export', { system: true, type: false, instance: false }],
  ['patient-export', { resource: ['Patient'], system: false, type: true, instance: false }],
  ['group-export', { resource: ['Group'], system: false, type: false, instance: true }],
])('the definition of %s derives from the guide’s, at its level', (name, level) => {
  expect(operationDefinition(name, options)).toMatchObject({
    resourceType: 'OperationDefinition',
    id: name,
    url: `http://x/fhir/OperationDefinition/${name}`,
    base: `http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${name}`,
    code: 'export',
    kind: 'operation',
    ...level,
  });
});

test('every parameter that is taken is there with its type and cardinality, and no other', () => {
  for (const name of operationNames) {
    const expected = operationParameters(name, options).map((parameter) => parameter.name);
    expect(parametersOf(name).map((parameter) => parameter.name)).toEqual(expected);
  }
  const of = (name: string) => parametersOf('patient-export').find((one) => one.name === name);
  expect(of('_type')).toMatchObject({ use: 'in', min: 0, max: '*', type: 'string' });
  expect(of('_since')).toMatchObject({ max: '1', type: 'instant' });
  expect(of('patient')).toMatchObject({ max: '*', type: 'Reference' });
  expect(of('allowPartialManifests')).toMatchObject({ max: '1', type: 'boolean' });
});

test('what the deployment does not take is not there', () => {
  const names = (tillSystemOnly: boolean) =>
    parametersOf('group-export', { tillSystemOnly }).map(({ name }) => name);
  expect(names(false)).toContain('_till');
  expect(names(true)).not.toContain('_till');
  expect(parametersOf('export').map(({ name }) => name)).not.toContain('patient');
});

interface Graph {
  readonly description: string;
  readonly link: { readonly target: { readonly type: string; readonly link?: object[] }[] }[];
}

test('the graph of patient data has the compartment, and what comes along where it does', () => {
  const graph = supportingGraph(options) as Graph;
  const targets = graph.link.flatMap(({ target }) => target);
  expect(targets.map(({ type }) => type)).toEqual([...patientCompartmentTypes].sort());
  expect(targets.every(({ link }) => link?.length === 1)).toBe(true);
  for (const type of supportingTypes) expect(graph.description).toContain(type);
  const alone = supportingGraph({ ...options, supportingResources: 'off' }) as Graph;
  expect(alone.link.flatMap(({ target }) => target).some(({ link }) => link)).toBe(false);
  expect(alone.description).not.toContain('Organization');
});
