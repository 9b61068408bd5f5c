import {
  createOutputStore,
  describeStorage,
  StorageHealth,
  StorageSettingsError,
  warnOfOldStorageNames,
  type StorageDescription,
} from '@sluice/storage';
import { Command } from 'commander';
import { stringify } from 'yaml';
import { CliError, describeError } from '../cli-error.ts';
import { writeLine, writeNote } from '../output.ts';
import type { Environment } from '../settings.ts';

/** `sluice healthcheck` */
export function healthcheckCommand(environment: Environment): Command {
  return new Command('healthcheck')
    .description(
      'write, read, list and delete a small object in the storage that the environment describes',
    )
    .addHelpText(
      'after',
      `
Prints what POST /rpc with method: aidbox.bulk/storage-healthcheck answers.

Example:
  BOX_FHIR_BULK_STORAGE_PROVIDER=file FILE_STORAGE_DIR=/srv/exports sluice healthcheck`,
    )
    .action(async () => {
      for (const warning of warnOfOldStorageNames(environment)) writeNote(warning);
      const report = await (await openHealth(environment)).check();
      writeLine(stringify(report, { lineWidth: 0 }).trimEnd());
      if ('error' in report)
        throw new CliError(`The storage does not work: ${report.error.message}`);
    });
}

async function openHealth(environment: Environment): Promise<StorageHealth> {
  let description: StorageDescription;
  try {
    description = describeStorage(environment);
  } catch (error) {
    if (error instanceof StorageSettingsError) return new StorageHealth({ error });
    throw error;
  }
  const store = await createOutputStore(description);
  return new StorageHealth(
    { store, description },
    { onFault: ({ operation, cause }) => writeNote(`${operation}: ${describeError(cause)}`) },
  );
}
