import { listExports } from '@sluice/postgres';
import { Command } from 'commander';
import { formatCount, formatTable } from '../format.ts';
import { withStore } from '../open-database.ts';
import { dataDirOption } from '../options.ts';
import { writeJson, writeLine } from '../output.ts';
import type { Environment } from '../settings.ts';

/** `sluice list` */
export function listCommand(environment: Environment): Command {
  return new Command('list')
    .description('list the newest exports, from the database')
    .addOption(dataDirOption())
    .option('--json', 'print them as JSON')
    .addHelpText('after', `\nExample:\n  sluice list --data-dir .sluice`)
    .action((options: { readonly dataDir: string; readonly json?: true }) =>
      run(options, environment),
    );
}

async function run(
  options: { readonly dataDir: string; readonly json?: true },
  environment: Environment,
): Promise<void> {
  const { dataDir } = options;
  const exports = await withStore({ environment, dataDir, purpose: 'list' }, listExports);
  if (options.json) {
    writeJson(exports);
    return;
  }
  if (exports.length === 0) {
    writeLine('There are no exports.');
    return;
  }
  const rows = exports.map(({ id, state, kickOff, requestedAt, partsCompleted, partsTotal }) => [
    id,
    state,
    kickOff.level,
    requestedAt,
    `${formatCount(partsCompleted)}/${formatCount(partsTotal)}`,
  ]);
  writeLine(formatTable([['id', 'state', 'level', 'requested', 'parts'], ...rows]));
}
