import { checkReferences } from '@sluice/loader';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { describeUnresolved } from '../describe-unresolved.ts';
import { formatCount } from '../format.ts';
import { catchInterruption } from '../interruption.ts';
import { withStore } from '../open-database.ts';
import { dataDirOption } from '../options.ts';
import { writeJson, writeLine } from '../output.ts';
import type { Environment } from '../settings.ts';

interface CheckOptions {
  readonly dataDir: string;
  readonly json?: true;
}

/** `sluice check` */
export function checkCommand(environment: Environment): Command {
  return new Command('check')
    .description('look at every reference in the store and report those that lead nowhere')
    .addOption(dataDirOption())
    .option('--json', 'print the findings as JSON')
    .addHelpText('after', '\nExit code 1 when there are any.\n\nExample:\n  sluice check')
    .action((options: CheckOptions) => run(options, environment));
}

async function run({ dataDir, json }: CheckOptions, environment: Environment): Promise<void> {
  const interruption = catchInterruption();
  const { signal } = interruption;
  try {
    const found = await withStore({ environment, dataDir, purpose: 'check' }, (pool) =>
      checkReferences(pool, () => signal.throwIfAborted()),
    );
    const { resources, references, unresolved } = found;
    if (json) writeJson(found);
    else {
      const counts = `${formatCount(references)} references of ${formatCount(resources)} resources`;
      for (const line of [counts, ...describeUnresolved(unresolved)]) writeLine(line);
    }
    if (unresolved.length > 0) throw new CliError('There are references that lead nowhere.');
  } finally {
    interruption.end();
  }
}
