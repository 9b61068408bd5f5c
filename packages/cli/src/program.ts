import { Command } from 'commander';
import { checkCommand } from './commands/check.ts';
import { claimCommand } from './commands/claim.ts';
import { clientCommand } from './commands/client.ts';
import { demoCommand } from './commands/demo.ts';
import { exportCommand } from './commands/export.ts';
import { cancelCommand, statusCommand } from './commands/follow.ts';
import { generateCommand } from './commands/generate.ts';
import { healthcheckCommand } from './commands/healthcheck.ts';
import { listCommand } from './commands/list.ts';
import { loadCommand } from './commands/load.ts';
import { migrateCommand } from './commands/migrate.ts';
import { receiptCommand } from './commands/receipt.ts';
import { upCommand } from './commands/up.ts';
import type { Environment } from './settings.ts';

/** The whole command line; errors and help are thrown instead of ending the process. */
export function createProgram(environment: Environment, version: string): Command {
  const program = new Command('sluice')
    .description('FHIR Bulk Data export from Postgres: exact, resumable, verified')
    .version(version)
    .showHelpAfterError('(--help says more)')
    .addHelpText(
      'after',
      `
Exit codes:
  0  all is well
  1  failed
  2  the command line is not usable
  3  something is running on this data directory already
  4  load: some of the input was refused, the rest is in`,
    );
  const commands = [
    demoCommand(environment),
    upCommand(environment),
    loadCommand(environment),
    checkCommand(environment),
    exportCommand(),
    statusCommand(),
    cancelCommand(),
    listCommand(environment),
    receiptCommand(environment),
    clientCommand(environment),
    generateCommand(),
    migrateCommand(environment),
    healthcheckCommand(environment),
    claimCommand(environment),
  ];
  for (const command of commands)
    program.addCommand(command.copyInheritedSettings(program).exitOverride());
  return program.exitOverride();
}
