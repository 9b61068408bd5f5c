export { createOutputStore, type OutputStoreOptions } from './create-output-store.ts';
export { describeStorage, warnOfOldStorageNames } from './describe-storage.ts';
export { StorageError, type StorageErrorCode } from './errors.ts';
export { measuredStore } from './measured-store.ts';
export { isLeftByCheck, type CheckFault } from './health/check-storage.ts';
export type { HealthReport } from './health/health-report.ts';
export { StorageHealth } from './health/storage-health.ts';
export type {
  ByteRange,
  ObjectWriter,
  OutputStore,
  StoredObject,
  WriteOptions,
  WrittenObject,
} from './output-store.ts';
export {
  StorageSettingsError,
  type StorageSettingsFault,
} from './settings/storage-settings-error.ts';
export { StoragePlace } from './storage-place.ts';
export type { StorageDescription } from './storage-description.ts';
