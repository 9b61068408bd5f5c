export { isId, isVersionId } from './ids.ts';
export {
  type Instant,
  parseInstant,
  parsePartialDate,
  periodEnd,
  repairInstant,
} from './instant.ts';
export { checkJsonBounds, endOfString, type JsonBounds, type JsonExcess } from './json-bounds.ts';
export { type JsonMember, type JsonSpan, scanArray, scanObject } from './json-scan.ts';
export { isMarkedDeleted, markDeleted } from './mark-deleted.ts';
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
export { type ProvenanceTargets, provenanceTargets } from './provenance-targets.ts';
export {
  type IdentifierSearch,
  type IdentifierToken,
  identifiersOf,
  parseIdentifierSearch,
} from './identifier-search.ts';
export {
  type LocalBases,
  parseReference,
  readReference,
  type ReferenceMeaning,
  relativeReference,
  type ResourceReference,
} from './reference.ts';
export {
  type ConditionalReference,
  type ReferenceTarget,
  targetOf,
  toTarget,
} from './reference-target.ts';
export { scanResource, type ScannedResource } from './resource-scan.ts';
export { attachmentTypes, type AttachmentUrls, compileAttachments } from './rewrite-attachments.ts';
export { isElementOf, type RootElement, rootElementsOf } from './root-elements.ts';
export { compileElements } from './subset-elements.ts';
export {
  forEveryReference,
  type LostReference,
  type MentionedResources,
  mentionedPatients,
  mentionedResources,
  supportingDepth,
  supportingTypes,
} from './supporting-references.ts';
export { isResourceType, patientCompartmentTypes, resourceTypes } from './resource-types.ts';
export { type SearchCapability, searchParametersOf } from './search/capability.ts';
export { compileFilter, type FilterOptions } from './search/compile.ts';
export { compileFilterLists, type FilterLists, narrowFilterLists } from './search/filter-lists.ts';
export { listFilterReferences, type WantedReference } from './search/filter-references.ts';
export { mendSpaces } from './search/mend-spaces.ts';
export { narrowFilter } from './search/narrow.ts';
export type { Narrowing } from './search/narrowing.ts';
export { maxQueryLength } from './search/query.ts';
export type { SearchParameter } from './search/parameters.ts';
export type { ReferenceAliases } from './search/reference-value.ts';
export { SearchError, type SearchErrorCode } from './search/search-error.ts';
export { parseTypeFilter, type TypeFilter } from './search/type-filter.ts';
