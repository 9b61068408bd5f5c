import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { formatCount } from '../format.ts';
import { catchInterruption } from '../interruption.ts';
import { describeLoad, loadIntoStore } from '../load-into-store.ts';
import { withStore } from '../open-database.ts';
import { appendUrl, dataDirOption } from '../options.ts';
import { writeJson, writeLine } from '../output.ts';
import type { Environment } from '../settings.ts';

interface LoadCommandOptions {
  readonly dataDir: string;
  readonly stamp?: true;
  readonly baseUrl: readonly string[];
  readonly json?: true;
}

/** `sluice load` */
export function loadCommand(environment: Environment): Command {
  return new Command('load')
    .description('load NDJSON, JSON and Bundle files (.gz too), or folders of them, into the store')
    .argument('<path...>', 'files and folders')
    .addOption(dataDirOption())
    .option('--stamp', 'give every resource a new versionId and lastUpdated')
    .option(
      '--base-url <url>',
      'a name of this store: references behind it are local, as those on BASE_URL and LOCAL_BASES are; may be repeated',
      appendUrl,
      [],
    )
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `
Loads into DATABASE_URL, else into the data directory's own Postgres, running or not.
A line that cannot be loaded is reported as file:line: message, the rest goes in, exit code 1.

Example:
  sluice load ./data Patient.ndjson.gz`,
    )
    .action((paths: string[], options: LoadCommandOptions) => run(paths, options, environment));
}

/** Names of the store: those given, and the deployment's as far as the environment has them. */
function basesOf({ baseUrl }: LoadCommandOptions, environment: Environment): string[] {
  const { BASE_URL = '', LOCAL_BASES = '' } = environment;
  const configured = [BASE_URL, ...LOCAL_BASES.split(',')].map((base) => base.trim());
  return [...baseUrl, ...configured.filter((base) => base !== '')];
}

async function run(
  paths: readonly string[],
  options: LoadCommandOptions,
  environment: Environment,
): Promise<void> {
  const { dataDir, stamp = false } = options;
  const interruption = catchInterruption();
  const { signal } = interruption;
  try {
    const summary = await withStore({ environment, dataDir, purpose: 'load' }, (pool) =>
      loadIntoStore({ pool, paths, stamp, bases: basesOf(options, environment), signal }),
    );
    if (options.json) writeJson(summary);
    else writeLine(describeLoad(summary));
    if (summary.problems > 0) {
      throw new CliError(`Loaded with ${formatCount(summary.problems)} faults.`);
    }
  } finally {
    interruption.end();
  }
}
