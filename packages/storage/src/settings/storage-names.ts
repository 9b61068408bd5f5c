import type { VariableName } from '@sluice/runtime';
import type { StorageSettingsFault } from './storage-settings-error.ts';

/** Settings with their names of the first generation of vendor documents (SPEC I.3). */
const oldNames = {
  BOX_FHIR_BULK_STORAGE_PROVIDER: 'box_bulk__storage_backend',
  BOX_FHIR_BULK_STORAGE_AWS_ACCOUNT: 'box_bulk__storage_aws_account',
  BOX_FHIR_BULK_STORAGE_AWS_BUCKET: 'box_bulk__storage_aws_bucket',
  BOX_FHIR_BULK_STORAGE_GCP_SERVICE_ACCOUNT: 'box_bulk__storage_gcp_service__account',
  BOX_FHIR_BULK_STORAGE_GCP_BUCKET: 'box_bulk__storage_gcp_bucket',
  BOX_FHIR_BULK_STORAGE_AZURE_CONTAINER: 'box_bulk__storage_azure_container',
} as const satisfies Partial<Record<VariableName, string>>;

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment in names of today alone, and what has to be said of the others. */
export interface RenamedEnvironment {
  readonly env: Environment;
  /** Both names of one setting with different values. */
  readonly faults: readonly StorageSettingsFault[];
  readonly warnings: readonly string[];
}

/** Reads settings by their old names where they have no value by the new one. SPEC I-051 */
export function renameOldSettings(given: Environment): RenamedEnvironment {
  const env: Record<string, string | undefined> = { ...given };
  const faults: StorageSettingsFault[] = [];
  const warnings: string[] = [];
  for (const [name, oldName] of Object.entries(oldNames)) {
    const [value, oldValue] = [textOf(given, name), textOf(given, oldName)];
    if (oldValue === undefined) continue;
    if (value !== undefined && value !== oldValue) {
      const text = `${name} and ${oldName} have different values`;
      faults.push({ text, remedy: `set ${name} alone` });
    }
    env[name] = value ?? oldValue;
    warnings.push(`${oldName} is an old name; use ${name}`);
  }
  return { env, faults, warnings };
}

/** Whether the provider is chosen by its old name alone. */
export function isProviderNamedOldly(given: Environment): boolean {
  const name = 'BOX_FHIR_BULK_STORAGE_PROVIDER';
  return textOf(given, name) === undefined && textOf(given, oldNames[name]) !== undefined;
}

/** Text of a variable; an empty one counts as unset. */
export function textOf(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim();
  return text === '' ? undefined : text;
}
