import { resourceTypes } from '@sluice/fhir';
import { kickOffParameters } from './kick-off-parameters.ts';

const guide = 'http://hl7.org/fhir/uv/bulkdata';

/** What a capability statement says of this deployment. */
export interface CapabilityOptions {
  readonly baseUrl: string;
  /** Version of Sluice. */
  readonly version: string;
  /** When what is stated last changed, ISO text; the same from start to start. */
  readonly date: string;
  /** Who may call, in words. */
  readonly security: string;
}

/**
 * Builds the CapabilityStatement: what this server does now, nothing else. There is one `rest` entry
 * (clients keep the last they see), and the resource types are those that an export can hold.
 */
export function capabilityStatement(options: CapabilityOptions): object {
  return {
    resourceType: 'CapabilityStatement',
    url: `${options.baseUrl}/metadata`,
    version: options.version,
    name: 'SluiceCapabilityStatement',
    title: 'Sluice bulk data export',
    status: 'active',
    experimental: false,
    date: options.date,
    description: 'A FHIR Bulk Data Access server: $export at system, patient and group level.',
    kind: 'instance',
    instantiates: [`${guide}/CapabilityStatement/bulk-data`],
    software: { name: 'Sluice', version: options.version },
    implementation: { description: 'Sluice bulk data export', url: options.baseUrl },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json', 'json'],
    implementationGuide: [`${guide}/ImplementationGuide/hl7.fhir.uv.bulkdata`],
    rest: [
      {
        mode: 'server',
        documentation: 'Exports are asynchronous: kick-off, status, files, delete.',
        security: { cors: false, description: options.security },
        resource: [...resourceTypes].sort().map(resource),
        operation: [operation('export', 'export')],
      },
    ],
  };
}

function resource(type: string): object {
  if (type !== 'Patient' && type !== 'Group') return { type };
  const name = `${type.toLowerCase()}-export`;
  // The guide names it export; some clients look for the name of its definition.
  return { type, operation: [operation('export', name), operation(name, name)] };
}

function operation(name: string, definition: string): object {
  const supported = Object.keys(kickOffParameters).filter(
    (parameter) => !(definition === 'export' && parameter === 'patient'),
  );
  return {
    name,
    definition: `${guide}/OperationDefinition/${definition}`,
    documentation:
      `GET, or POST with a Parameters resource. Parameters: ${supported.join(', ')}. ` +
      '_outputFormat: application/fhir+ndjson, application/ndjson, ndjson, application/fhir+ndjson+gzip.',
  };
}
