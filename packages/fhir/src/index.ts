export { isId, isVersionId } from './ids.ts';
export {
  type Instant,
  parseInstant,
  parsePartialDate,
  periodEnd,
  repairInstant,
} from './instant.ts';
export { type JsonMember, type JsonSpan, scanArray, scanObject } from './json-scan.ts';
export { ResourceTextError, type Splice, type SplicedResource, spliceMeta } from './meta-splice.ts';
export { minifyJson } from './minify-json.ts';
export { defaultMaxLineBytes, type NdjsonLine, readNdjson } from './ndjson.ts';
export {
  type Issue,
  type IssueCode,
  type IssueSeverity,
  operationOutcome,
  type OperationOutcome,
} from './operation-outcome.ts';
export { compartmentPatients } from './patient-compartment.ts';
export { parseReference, type ResourceReference } from './reference.ts';
export { scanResource, type ScannedResource } from './resource-scan.ts';
export { isResourceType, patientCompartmentTypes, resourceTypes } from './resource-types.ts';
