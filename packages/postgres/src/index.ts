export { analyzeStore } from './analyze.ts';
export { listEvents, recordEvent } from './audit-events.ts';
export { blockPool, CopyBlocks, type FileLimits, type LineBlock } from './copy-blocks.ts';
export { readChanges } from './changes.ts';
export {
  findClient,
  listClients,
  putClient,
  removeClient,
  replaceFileClients,
  setClientDisabled,
  type StoredClient,
} from './clients.ts';
export { cancelClientExports, countClientExports, type ClientExports } from './client-exports.ts';
export { copyLines, type CopyLinesOptions } from './copy-lines.ts';
export { readDeployment, renewDeploymentId } from './deployment.ts';
export { listExportPatients, namesOnlyPatients } from './export-patients.ts';
export {
  cancelExport,
  countWaitingExports,
  createExport,
  extendExpiry,
  failExport,
  findActiveExport,
  findExport,
  grantSlot,
  listActiveExports,
  listExports,
  listExportsOf,
  newestTransactionTime,
  SlotTakenError,
  type NewExport,
} from './exports.ts';
export { countExports, type ExportCounts } from './export-counts.ts';
export { findBinaryReferrers } from './binary-referrers.ts';
export {
  findAliases,
  findIdentified,
  findSearched,
  identifyTypes,
  type Match,
  noteSearches,
  unidentifiedTypes,
} from './identified.ts';
export { findMissing, readPage } from './missing.ts';
export {
  findUnchanged,
  hasResources,
  isPresent,
  readPresent,
  type PresentText,
  type PresentTexts,
} from './present.ts';
export { noteLocalBases } from './local-bases.ts';
export { finishExport, type Finish } from './finish.ts';
export { readGroupWindow, type GroupWindow } from './group-search.ts';
export { purgeHistory, readHistoryKeptSince, type PurgeOptions } from './history.ts';
export {
  expireExports,
  findOpenParts,
  findOpenWork,
  findOrphanFolders,
  findStuckExports,
  listWaitingExports,
  noteHousekeeping,
  markExpired,
  type OpenPart,
  type OpenWork,
} from './housekeeping.ts';
export {
  findFormerMembers,
  findUnknownPatients,
  groupExists,
  keepMembers,
  keepPresent,
  resolveGroupMembers,
  type Members,
  type Moment,
  type Naming,
  type Presence,
} from './members.ts';
export { claimParts, type Claim } from './claim-parts.ts';
export { completeParts, type Completion, type PartResult } from './complete-parts.ts';
export { passingReason } from './database-fault.ts';
export { migrate, schemaVersion } from './migrate.ts';
export { partRead, type PartRead } from './part-query.ts';
export { selectSupporting } from './select-supporting.ts';
export { noteSelected } from './selected.ts';
export type { PartQueryOptions } from './versions-wanted.ts';
export {
  failPartAndExport,
  findOutputFile,
  handBackParts,
  listOutputFiles,
  renewLeases,
  type ClaimedPart,
  type Lease,
  type PartAccess,
  type Renewal,
  type PlannedPart,
  type Tries,
} from './parts.ts';
export { beginPlanning, settleExport, storePlan, touchExport, type Plan } from './planning.ts';
export { createPool, type Client, type Pool, type PoolOptions, type Queryable } from './pool.ts';
export { readResource, readResourceAt, readVersion, type StoredVersion } from './read-resource.ts';
export { checkReplica, noteReadable, untilReplayed, WrongReplicaError } from './replica.ts';
export {
  writeResources,
  writeStaged,
  type StagedResource,
  type WriteSummary,
} from './resource-writer.ts';
export { checkSchema, checkWritable, readUrlKey, SchemaError } from './schema.ts';
export { rotateSigningKeys } from './signing-keys.ts';
export { settle, UnsettledError } from './settle.ts';
export {
  addSupporting,
  findWrongDeletions,
  lockForRepair,
  type NotedVersion,
  readNotedVersions,
  writePatients,
  writeTargets,
} from './repair.ts';
export { listStoredTypes, readSpreads, type TypeSpread } from './spreads.ts';
export { sqlState } from './sql-state.ts';
export { withRetriedTransaction, withTransaction } from './transaction.ts';
export { rememberAssertion } from './used-assertions.ts';
