import {
  operationParameters,
  supportingMeaning,
  type OperationName,
  type OperationOptions,
} from './operation-parameters.ts';

/** What documents about this server say of it. */
export interface DefinitionOptions extends OperationOptions {
  readonly baseUrl: string;
  /** Version of Sluice. */
  readonly version: string;
  /** When what is stated last changed, ISO text; the same from start to start. */
  readonly date: string;
}

const levels: Readonly<Record<OperationName, { resource?: string; on: string }>> = {
  export: { on: 'system' },
  'patient-export': { resource: 'Patient', on: 'type' },
  'group-export': { resource: 'Group', on: 'instance' },
};

/**
 * Builds the definition of an operation as this server has it: the guide’s, with the parameters that are
 * taken here. SPEC H-017, https://hl7.org/fhir/R4/operationdefinition.html
 */
export function operationDefinition(name: OperationName, options: DefinitionOptions): object {
  const { baseUrl, version, date } = options;
  const { resource, on } = levels[name];
  return {
    resourceType: 'OperationDefinition',
    id: name,
    url: `${baseUrl}/OperationDefinition/${name}`,
    version,
    name: `Sluice${name.split('-').map(capitalised).join('')}`,
    title: `Bulk data export at ${resource?.toLowerCase() ?? 'system'} level`,
    status: 'active',
    kind: 'operation',
    date,
    description: [
      'Starts an export, which goes on after the answer.',
      ...(resource === undefined ? [] : [supportingMeaning(options)]),
    ].join(' '),
    affectsState: false,
    code: 'export',
    base: `http://hl7.org/fhir/uv/bulkdata/OperationDefinition/${name}`,
    ...(resource === undefined ? {} : { resource: [resource] }),
    system: on === 'system',
    type: on === 'type',
    instance: on === 'instance',
    parameter: operationParameters(name, options).map(({ name, type, isList, meaning }) => ({
      name,
      use: 'in',
      min: 0,
      max: isList ? '*' : '1',
      documentation: meaning,
      type,
    })),
  };
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
