import { resourceTypes, searchParametersOf, type SearchCapability } from '@sluice/fhir';
import type { DefinitionOptions } from './operation-definition.ts';
import {
  operationParameters,
  supportingMeaning,
  type OperationName,
} from './operation-parameters.ts';

const guide = 'http://hl7.org/fhir/uv/bulkdata';

/** What a capability statement says of this deployment. */
export interface CapabilityOptions extends DefinitionOptions {
  /** Who may call, in words. */
  readonly security: string;
  /** Where tokens are to be had, if they are (SMART Backend Services). */
  readonly tokenUrl?: string | undefined;
}

/**
 * Builds the CapabilityStatement: what this server does now, nothing else. There is one `rest` entry
 * (clients keep the last they see), the resource types are those that an export can hold, and their
 * search parameters those of `_typeFilter`, as the search engine has them.
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
        documentation: restDocumentation,
        security: security(options),
        resource: [...resourceTypes].sort().map((type) => resource(type, options)),
        operation: [operation('export', 'export', options)],
      },
    ],
  };
}

const restDocumentation =
  'Exports are asynchronous: kick-off, status, files, delete. ' +
  'Every resource can be read by its id, and a Binary in one version. Search parameters are those that _typeFilter takes; only Group can be searched over HTTP, ' +
  'by those of its parameters that say so. ' +
  'Not supported: composite and special search parameters, chains, _has, :in and :not-in; ' +
  'of $export: organizeOutputBy, partial manifests, _container.';

/** SPEC G-017, H-014 */
function security({ security: description, tokenUrl }: CapabilityOptions): object {
  if (tokenUrl === undefined) return { cors: false, description };
  const system = 'http://terminology.hl7.org/CodeSystem/restful-security-service';
  return {
    cors: false,
    description,
    service: [{ coding: [{ system, code: 'SMART-on-FHIR' }], text: 'SMART Backend Services' }],
    extension: [
      {
        url: 'http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris',
        extension: [{ url: 'token', valueUri: tokenUrl }],
      },
    ],
  };
}

function resource(type: string, options: CapabilityOptions): object {
  const parameters = searchParametersOf(type);
  if (type !== 'Patient' && type !== 'Group') {
    // Attachments can name a version.
    const versions = type === 'Binary' ? [{ code: 'vread' }] : [];
    return { type, interaction: [{ code: 'read' }, ...versions], searchParam: parameters };
  }
  const isGroup = type === 'Group';
  const name = isGroup ? 'group-export' : 'patient-export';
  return {
    type,
    interaction: [{ code: 'read' }, ...(isGroup ? [{ code: 'search-type' }] : [])],
    searchParam: isGroup ? groupParameters(parameters) : parameters,
    // The guide names it export; some clients look for the name of its definition.
    operation: [operation('export', name, options), operation(name, name, options)],
  };
}

/** A Group can be looked up too; R4 has no search parameter for its name, so that one has no definition. */
function groupParameters(parameters: readonly SearchCapability[]): object[] {
  const searched = ['_id', 'identifier'];
  return [
    ...parameters.map(({ documentation = '', ...parameter }) => {
      const use = searched.includes(parameter.name)
        ? 'Search and _typeFilter.'
        : '_typeFilter only.';
      return { ...parameter, documentation: `${use} ${documentation}`.trim() };
    }),
    { name: 'name', type: 'string', documentation: 'Search only: the name of the Group.' },
  ];
}

function operation(name: string, definition: OperationName, options: CapabilityOptions): object {
  return {
    name,
    definition: `${guide}/OperationDefinition/${definition}`,
    documentation: [
      'GET, or POST with a Parameters resource.',
      ...(definition === 'export' ? [] : [supportingMeaning(options)]),
      ...operationParameters(definition, options).map(
        (parameter) => `${parameter.name}: ${parameter.meaning}.`,
      ),
    ].join('\n\n'),
  };
}
