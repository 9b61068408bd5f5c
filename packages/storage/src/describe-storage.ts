import { describeAzure } from './settings/describe-azure.ts';
import { describeGcs } from './settings/describe-gcs.ts';
import { describeS3 } from './settings/describe-s3.ts';
import { Describing } from './settings/describing.ts';
import {
  isProviderNamedOldly,
  renameOldSettings,
  textOf,
  type Environment,
} from './settings/storage-names.ts';
import { StorageSettingsError } from './settings/storage-settings-error.ts';
import { folderMissing, typeMissing, typeUnknown } from './settings/texts.ts';
import type { StorageDescription } from './storage-description.ts';

/**
 * Makes a description of the store out of the environment and ACCOUNTS_FILE, by the names of both
 * generations of vendor documents (SPEC I.3, I.4, I-051). Nothing is connected to.
 *
 * An account that is not named means workload identity. Who chooses the provider by its old name has
 * to name one: that generation knows no workload identity, and says `bulk-storage account not specified`.
 *
 * @throws StorageSettingsError with every fault
 */
export function describeStorage(environment: Environment): StorageDescription {
  const { env, faults } = renameOldSettings(environment);
  const from = new Describing(env);
  const needsAccount = isProviderNamedOldly(environment);
  const description = describeProvider(from, needsAccount);
  if (description?.provider === 'gcp' && textOf(env, 'STORAGE_EMULATOR_HOST') !== undefined) {
    // The SDK would send everything there, whatever the settings say.
    const remedy = 'unset it, or name the server in BOX_FHIR_BULK_STORAGE_GCP_ENDPOINT';
    from.refuse('STORAGE_EMULATOR_HOST is set', remedy);
  }
  const all = [...faults, ...from.faults];
  if (description === undefined || all.length > 0) throw new StorageSettingsError(all);
  return description;
}

/** What has to be said of settings that work all the same: names that are old. */
export function warnOfOldStorageNames(environment: Environment): readonly string[] {
  return renameOldSettings(environment).warnings;
}

function describeProvider(from: Describing, needsAccount: boolean): StorageDescription | undefined {
  const root = from.text('FILE_STORAGE_DIR');
  const named = from.text('BOX_FHIR_BULK_STORAGE_PROVIDER');
  const remedy = 'set BOX_FHIR_BULK_STORAGE_PROVIDER to file, aws, gcp or azure';
  switch (named ?? (root === undefined ? undefined : 'file')) {
    case 'file':
      if (root === undefined) from.refuse(folderMissing, 'set FILE_STORAGE_DIR');
      return { provider: 'file', root: root ?? '' };
    case 'aws':
      return describeS3(from, { needsAccount });
    case 'gcp':
      return describeGcs(from, { needsAccount });
    case 'azure':
      return describeAzure(from);
    case undefined:
      from.refuse(typeMissing, remedy);
      return undefined;
    default:
      from.refuse(typeUnknown, remedy);
      return undefined;
  }
}
