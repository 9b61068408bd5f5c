import type { AccountReference } from '../accounts/account-resources.ts';
import type { StorageSettingsError } from '../settings/storage-settings-error.ts';
import type { StorageDescription } from '../storage-description.ts';
import type { CheckedOperation, CheckFault } from './check-storage.ts';

/** Which store it is, without its secrets. SPEC I-054 */
export interface StorageSummary {
  readonly type: StorageDescription['provider'];
  readonly bucket?: string;
  readonly container?: string;
  /** Azure: the storage account. */
  readonly storage?: string;
  /** Absent: workload identity. */
  readonly account?: AccountReference;
}

/** What a storage health check answers, over /rpc and as `sluice healthcheck`. SPEC I.5 */
export type HealthReport =
  | { readonly result: { readonly message: 'ok'; readonly storage: StorageSummary } }
  | {
      readonly error: {
        /** Of the first fault. */
        readonly message: string;
        readonly faults: readonly ReportedFault[];
        /** Absent: the settings do not say. */
        readonly storage?: StorageSummary;
      };
    };

/** One fault: of the settings, with what to do, or of an operation. */
export type ReportedFault =
  | { readonly message: string; readonly remedy: string }
  | { readonly message: string; readonly operation: CheckedOperation };

/** The report of a check of the store. */
export function healthReport(
  description: StorageDescription,
  faults: readonly CheckFault[],
): HealthReport {
  const storage = summaryOf(description);
  const [first] = faults;
  if (first === undefined) return { result: { message: 'ok', storage } };
  const told = faults.map(({ operation, message }) => ({ message, operation }));
  return { error: { message: first.message, faults: told, storage } };
}

/** The report of settings that describe no store. */
export function settingsReport({ storageFaults }: StorageSettingsError): HealthReport {
  const faults = storageFaults.map(({ text, remedy }) => ({ message: text, remedy }));
  return { error: { message: faults[0]?.message ?? 'the storage settings are wrong', faults } };
}

function summaryOf(description: StorageDescription): StorageSummary {
  const type = description.provider;
  switch (description.provider) {
    case 'file':
      return { type };
    case 'aws':
    case 'gcp':
      return { type, bucket: description.bucket, ...accountOf(description) };
    case 'azure': {
      const { container, storageAccount: storage } = description;
      return { type, container, storage, ...accountOf(description) };
    }
  }
}

function accountOf({ account }: { readonly account?: AccountReference }): {
  readonly account?: AccountReference;
} {
  return account === undefined ? {} : { account };
}
