import { kickOffParameters, type KickOffParameter } from './kick-off-parameters.ts';
import type { KickOffOptions } from './kick-off-request.ts';

/** The operations by the names of their definitions in the guide: system, patient and group level. */
export const operationNames = ['export', 'patient-export', 'group-export'] as const;

/** Name of an operation’s definition. */
export type OperationName = (typeof operationNames)[number];

/** What a deployment allows, as far as its operations tell of it. */
export type OperationOptions = Pick<
  KickOffOptions,
  'supportingResources' | 'patientParamGet' | 'tillSystemOnly'
>;

/** One parameter of an operation, as it is told to people and to clients. */
export interface OperationParameter {
  readonly name: KickOffParameter;
  /** FHIR type of its value. */
  readonly type: string;
  readonly isList: boolean;
  /** What it takes, in words. */
  readonly meaning: string;
}

/** The parameters that an operation takes in this deployment, and no other. */
export function operationParameters(
  operation: OperationName,
  { patientParamGet, tillSystemOnly }: OperationOptions,
): OperationParameter[] {
  const isTaken = (name: KickOffParameter): boolean =>
    operation === 'export' ? name !== 'patient' : !(name === '_till' && tillSystemOnly);
  const names = (Object.keys(kickOffParameters) as KickOffParameter[]).filter(isTaken);
  return names.map((name) => {
    const inBodyOnly = name === 'patient' && patientParamGet === 'off' ? '; in a body only' : '';
    const type = kickOffParameters[name].forms[0].slice('value'.length);
    return {
      name,
      // Types of data begin in capitals, those of single values do not.
      type: type === 'Reference' ? type : type.charAt(0).toLowerCase() + type.slice(1),
      isList: 'list' in kickOffParameters[name],
      meaning: meanings[name] + inBodyOnly,
    };
  });
}

/** What comes along from outside the Patient compartment, in words. */
export function supportingMeaning({ supportingResources }: OperationOptions): string {
  return supportingResources === 'off'
    ? 'Resources outside the Patient compartment are not exported.'
    : 'Resources outside the Patient compartment come along if exported ones refer to them.';
}

const meanings: Readonly<Record<KickOffParameter, string>> = {
  _type: 'names of resource types; commas and repetition',
  _since: 'an instant; what changed after it',
  _until: 'an instant; the state as of then',
  _till: 'another name of _until',
  _typeFilter:
    'Type?query, with the search parameters of that type listed here; repeated, or with commas between them; filters of one type are alternatives',
  _elements: 'root elements, as element or Type.element; commas and repetition',
  patient: 'references to patients, or their ids; commas and repetition',
  includeAssociatedData:
    'LatestProvenanceResources, RelevantProvenanceResources, and without _typeFilter _history, _deleted; commas and repetition',
  allowPartialManifests: 'false',
  _outputFormat:
    'application/fhir+ndjson, application/ndjson, ndjson, application/fhir+ndjson+gzip',
  _format: 'json, application/json, application/fhir+json',
  _pretty: 'a boolean, without effect',
};
