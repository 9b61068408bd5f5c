import { migrate } from '@sluice/postgres';
import { Command } from 'commander';
import { withDatabase } from '../open-database.ts';
import { dataDirOption } from '../options.ts';
import { writeLine } from '../output.ts';
import type { Environment } from '../settings.ts';

/** `sluice migrate` */
export function migrateCommand(environment: Environment): Command {
  return new Command('migrate')
    .description('bring the schema of the database up to date')
    .addOption(dataDirOption())
    .addHelpText(
      'after',
      `
Works on DATABASE_URL, else on the data directory's own Postgres.

Example:
  DATABASE_URL=postgres://user:password@db.example/sluice sluice migrate`,
    )
    .action(async ({ dataDir }: { readonly dataDir: string }) => {
      const names = await withDatabase({ environment, dataDir, purpose: 'migrate' }, migrate);
      writeLine(names.length === 0 ? 'The schema is up to date.' : `Migrated: ${names.join(', ')}`);
    });
}
