import { FileStore } from './file/file-store.ts';
import type { OutputStore } from './output-store.ts';

/** The settings that choose and describe a backend. */
export interface StorageSettings {
  readonly BOX_FHIR_BULK_STORAGE_PROVIDER: 'file';
  readonly FILE_STORAGE_DIR: string;
}

/** Names of the settings in StorageSettings, for `readSettings`. */
export const storageSettingNames = ['BOX_FHIR_BULK_STORAGE_PROVIDER', 'FILE_STORAGE_DIR'] as const;

/** Makes the store that the settings describe; nothing is touched until it is used. */
export function createOutputStore(settings: StorageSettings): OutputStore {
  switch (settings.BOX_FHIR_BULK_STORAGE_PROVIDER) {
    case 'file':
      return new FileStore(settings.FILE_STORAGE_DIR);
  }
}
