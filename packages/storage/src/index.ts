export {
  createOutputStore,
  storageSettingNames,
  type StorageSettings,
} from './create-output-store.ts';
export { StorageError, type StorageErrorCode } from './errors.ts';
export { checkStorage } from './healthcheck.ts';
export type {
  ByteRange,
  ObjectWriter,
  OutputStore,
  StoredObject,
  WriteOptions,
  WrittenObject,
} from './output-store.ts';
