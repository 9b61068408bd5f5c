import { SettingsError } from '@sluice/runtime';

/** One thing that is wrong with the storage settings. */
export interface StorageSettingsFault {
  /** What is wrong, in the words of the vendor documents where they have some (SPEC I-055 to I-059). */
  readonly text: string;
  /** What to do about it. */
  readonly remedy: string;
}

/** The settings do not describe a store. Neither text nor remedies repeat a secret. */
export class StorageSettingsError extends SettingsError {
  readonly storageFaults: readonly StorageSettingsFault[];

  constructor(faults: readonly StorageSettingsFault[]) {
    super(faults.map(({ text, remedy }) => `${text}: ${remedy}`));
    this.name = 'StorageSettingsError';
    this.storageFaults = faults;
  }
}
