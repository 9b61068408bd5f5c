export { auditEventResource, type AuditAction, type AuditEvent } from './audit-event.ts';
export { checkCompleteness, rangeEnd, type PartRecord } from './completeness.ts';
export { isStaleLock, slotNames } from './export-slot.ts';
export {
  absentGroups,
  absentMembers,
  readGroup,
  searchesOf,
  type GroupReading,
  type GroupReferences,
} from './group-members.ts';
export { capabilityStatement, type CapabilityOptions } from './capability-statement.ts';
export type { Dialect } from './dialect.ts';
export { errorResponse, type HttpResponse } from './error-response.ts';
export { isWithinLimits, mayHaveExport, mayHaveType, type ExportRights } from './export-rights.ts';
export { fileAccess } from './file-access.ts';
export { filteredTypes, filterListsOf } from './filtered-types.ts';
export { ExportError, type ExportErrorCode, type ExportErrorOptions } from './errors.ts';
export type {
  AssociatedData,
  Export,
  ExportSummary,
  KickOff,
  KickOffSummary,
  Level,
  OutputFile,
  OutputFormat,
  OutputKind,
  StoredKickOff,
} from './export.ts';
export { basesOf } from './export.ts';
export {
  activeStates,
  exportTransitions,
  partStatesBefore,
  partTransitions,
  exportStates,
  statesBefore,
  type ExportState,
  type PartState,
} from './export-state.ts';
export { attachmentSignature, attachmentUrl } from './attachment-url.ts';
export { checkHistoryKept } from './history-kept.ts';
export { kickOffParameters, type KickOffParameter } from './kick-off-parameters.ts';
export { type KickOffOptions, type KickOffRequest } from './kick-off-request.ts';
export { checkKickOffSize } from './kick-off-size.ts';
export { parseKickOff } from './kick-off.ts';
export {
  buildManifest,
  type Manifest,
  type ManifestItem,
  type ManifestOptions,
} from './manifest.ts';
export {
  acceptsAny,
  forbidsAll,
  isJsonBody,
  jsonTypes,
  parseWeighted,
  qualityOf,
  type MediaRange,
} from './media-range.ts';
export { whyNotListed } from './group-definition.ts';
export { operationDefinition, type DefinitionOptions } from './operation-definition.ts';
export { operationNames } from './operation-parameters.ts';
export { packParts } from './pack-parts.ts';
export { scopeOf, typesOfLevel, type Scope } from './scope.ts';
export {
  planParts,
  type PartPlan,
  type PlanningFacts,
  type Changes,
  type Spread,
} from './plan-parts.ts';
export { ParametersReader, type ParametersBody, type ParametersLimits } from './parameters-body.ts';
export { parsePrefer, preferenceApplied, type Preferences } from './prefer.ts';
export { parseQuery, type QueryPair } from './query.ts';
export { missingScopes } from './missing-scopes.ts';
export { keepPatients, keepPermitted } from './keep-patients.ts';
export {
  exportNotFound,
  isAvailable,
  statusResponse,
  type Progress,
  type StatusFacts,
} from './status-response.ts';
export { supportingGraph } from './supporting-graph.ts';
