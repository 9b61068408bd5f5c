import {
  capabilityStatement,
  operationDefinition,
  operationNames,
  supportingGraph,
  type DefinitionOptions,
} from '@sluice/export';
import type { Dependencies } from './dependencies.ts';
import { version, versionDate } from './version.ts';

const metadata = '/metadata';
const graph = '/GraphDefinition/patient-data';
const definition = (name: string): string => `/OperationDefinition/${name}`;

/** Where they are, below the FHIR base. */
export const conformancePaths: readonly string[] = [
  metadata,
  ...operationNames.map(definition),
  graph,
];

/** The resources that tell what this server does, by their paths. They are open to everyone. SPEC H */
export function conformanceResources({
  baseUrl,
  settings,
  authority,
}: Pick<Dependencies, 'baseUrl' | 'settings' | 'authority'>): ReadonlyMap<string, object> {
  const options: DefinitionOptions = {
    baseUrl,
    version,
    date: versionDate,
    supportingResources: settings.SUPPORTING_RESOURCES,
    patientParamGet: settings.PATIENT_PARAM_GET,
    tillSystemOnly: settings.TILL_SYSTEM_ONLY,
  };
  const statement = capabilityStatement({
    ...options,
    security: security[settings.AUTH_MODE],
    tokenUrl: authority?.tokenEndpoint ?? settings.AUTH_TOKEN_URL,
  });
  return new Map([
    [metadata, statement],
    ...operationNames.map(
      (name) => [definition(name), operationDefinition(name, options)] as const,
    ),
    [graph, supportingGraph(options)],
  ]);
}

const security = {
  none: 'No authentication: anyone who can reach this address may call it.',
  jwt: 'OAuth 2.0: an access token of a trusted issuer, with SMART scopes for system access.',
  smart: 'OAuth 2.0: SMART Backend Services, client_credentials with private_key_jwt.',
};
