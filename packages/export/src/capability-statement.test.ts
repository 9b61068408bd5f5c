import { capabilityStatement } from './capability-statement.ts';

const statement = capabilityStatement({
  baseUrl: 'http://x/fhir',
  version: '1.2.3',
  date: '2026-11-21',
  security: 'none',
}) as {
  instantiates: string[];
  rest: {
    operation: { name: string; definition: string }[];
    resource: { type: string; operation?: { name: string; definition: string }[] }[];
  }[];
};
const [rest] = statement.rest;

test('there is one rest entry, with the operations of every level under both of their names', () => {
  expect(statement.rest).toHaveLength(1);
  expect(rest?.operation.map(({ name }) => name)).toEqual(['export']);
  for (const type of ['Patient', 'Group']) {
    const operations = rest?.resource.find((resource) => resource.type === type)?.operation;
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
