import { checkReferences, repairStore, type StoreRepair } from '@sluice/loader';
import { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.ts';
import { describeUnresolved } from '../describe-unresolved.ts';
import { formatCount } from '../format.ts';
import { catchInterruption } from '../interruption.ts';
import { withStore } from '../open-database.ts';
import { appendUrl, dataDirOption } from '../options.ts';
import { writeJson, writeLine } from '../output.ts';
import { configuredBases, type Environment } from '../settings.ts';

interface CheckOptions {
  readonly dataDir: string;
  readonly repair?: true;
  readonly baseUrl: readonly string[];
  readonly json?: true;
}

/** `sluice check` */
export function checkCommand(environment: Environment): Command {
  return new Command('check')
    .description('look at every reference in the store and report those that lead nowhere')
    .addOption(dataDirOption())
    .option(
      '--repair',
      'first correct what the store has noted of references, as its texts and names have it now',
    )
    .option(
      '--base-url <url>',
      'with --repair: one more name of this store; may be repeated',
      appendUrl,
      [],
    )
    .option('--json', 'print the findings as JSON')
    .addHelpText(
      'after',
      `
Exit code 1 when there are any.
--repair leaves texts and stamps as they are; it stops while exports are active.

Example:
  sluice check
  sluice check --repair --base-url https://old.example/fhir`,
    )
    .action((options: CheckOptions) => run(options, environment));
}

async function run(options: CheckOptions, environment: Environment): Promise<void> {
  const { dataDir, repair, baseUrl, json } = options;
  if (baseUrl.length > 0 && repair === undefined) {
    throw new CliError('--base-url is for --repair.', exitCodes.usage);
  }
  const bases = [...baseUrl, ...configuredBases(environment)];
  const interruption = catchInterruption();
  const onProgress = (): void => interruption.signal.throwIfAborted();
  try {
    await withStore({ environment, dataDir, purpose: 'check' }, async (pool) => {
      const repaired = repair ? await repairStore(pool, bases, onProgress) : undefined;
      if (repaired !== undefined && json === undefined) describeRepair(repaired).forEach(writeLine);
      if (repaired?.stopped) {
        if (json) writeJson({ repaired });
        throw new CliError(
          'The repair stopped since exports are active; run it again when they are done.',
        );
      }
      const found = await checkReferences(pool, onProgress);
      const { resources, references, unresolved } = found;
      if (json) writeJson({ ...found, ...(repaired && { repaired }) });
      else {
        const counts = `${formatCount(references)} references of ${formatCount(resources)} resources`;
        for (const line of [counts, ...describeUnresolved(unresolved)]) writeLine(line);
      }
      if (unresolved.length > 0) throw new CliError('There are references that lead nowhere.');
    });
  } finally {
    interruption.end();
  }
}

function describeRepair({ versions, compartments, supporting, targets }: StoreRepair): string[] {
  return [
    `Looked at ${formatCount(versions)} versions; corrected:`,
    `  ${formatCount(compartments)} versions in the compartments of other patients`,
    `  ${formatCount(supporting)} references to supporting resources that were not noted`,
    `  ${formatCount(targets)} targets of Provenance`,
  ];
}
