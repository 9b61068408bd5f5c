import { readSettings } from '@sluice/runtime';
import { checkStorage, createOutputStore, storageSettingNames } from '@sluice/storage';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { writeLine } from '../output.ts';
import type { Environment } from '../settings.ts';

/** `sluice healthcheck` */
export function healthcheckCommand(environment: Environment): Command {
  return new Command('healthcheck')
    .description(
      'write, read and delete a small object in the storage that the environment describes',
    )
    .addHelpText(
      'after',
      `
Example:
  BOX_FHIR_BULK_STORAGE_PROVIDER=file FILE_STORAGE_DIR=/srv/exports sluice healthcheck`,
    )
    .action(async () => {
      const settings = readSettings(storageSettingNames, environment);
      const provider = settings.BOX_FHIR_BULK_STORAGE_PROVIDER;
      try {
        await checkStorage(createOutputStore(settings));
      } catch (error) {
        throw new CliError(`The storage (${provider}) does not work`, undefined, { cause: error });
      }
      writeLine(`The storage (${provider}) works.`);
    });
}
