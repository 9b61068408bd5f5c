import type { LoadSummary } from '@sluice/loader';
import { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.ts';
import { formatCount } from '../format.ts';
import { catchInterruption } from '../interruption.ts';
import { describeLoad, describeProblems, loadIntoStore } from '../load-into-store.ts';
import { withStore } from '../open-database.ts';
import { appendUrl, dataDirOption } from '../options.ts';
import { writeJson, writeLine, writeNote } from '../output.ts';
import { configuredBases, type Environment } from '../settings.ts';

interface LoadCommandOptions {
  readonly dataDir: string;
  readonly stamp?: true;
  readonly baseUrl: readonly string[];
  readonly lenient?: true;
  readonly resolve?: true;
  readonly overwrite?: true;
  readonly strict?: true;
  readonly problems?: string;
  readonly json?: true;
}

/** `sluice load` */
export function loadCommand(environment: Environment): Command {
  return new Command('load')
    .description('load NDJSON, JSON and Bundle files (.gz too), or folders of them, into the store')
    .argument('<path...>', 'files, folders, manifests of exports, - for standard input')
    .addOption(dataDirOption())
    .option('--stamp', 'give every resource a new versionId and lastUpdated')
    .option(
      '--base-url <url>',
      'a name of this store: references behind it are local, as those on BASE_URL and LOCAL_BASES are; may be repeated',
      appendUrl,
      [],
    )
    .option(
      '--lenient',
      'take meta.versionId and lastUpdated of odd form for what they mean, and keep entries of transactions whose conditional references lead nowhere',
    )
    .option(
      '--resolve',
      'write conditional references as Type/id in what is stored, where they lead to one resource',
    )
    .option('--overwrite', 'let what is older than what is stored replace it')
    .option('--strict', 'what is skipped in folders is a fault')
    .option('--problems <file>', 'write every fault to a file, as NDJSON')
    .option('--json', 'print the summary as JSON')
    .addHelpText(
      'after',
      `
Loads into DATABASE_URL, else into the data directory's own Postgres, running or not.
What cannot be loaded is reported as file:line: message, by kind, and the rest goes in.
Exit code 4: some of the input was refused, the rest is in; 1: nothing was loaded, or it could not go on;
3: something runs on the data directory; 2: wrong arguments. What is in stays, and running it again is safe
and quick. docs/loading.md says what is read and which version wins.

Example:
  sluice load ./data Patient.ndjson.gz`,
    )
    .action((paths: string[], options: LoadCommandOptions) => run(paths, options, environment));
}

async function run(
  paths: readonly string[],
  options: LoadCommandOptions,
  environment: Environment,
): Promise<void> {
  const {
    dataDir,
    stamp = false,
    lenient,
    resolve,
    overwrite,
    strict,
    problems: problemsFile,
  } = options;
  const bases = [...options.baseUrl, ...configuredBases(environment)];
  const interruption = catchInterruption();
  const { signal } = interruption;
  try {
    const summary = await withStore({ environment, dataDir, purpose: 'load' }, (pool) =>
      loadIntoStore({
        pool,
        paths,
        stamp,
        bases,
        lenient,
        resolve,
        overwrite,
        strict,
        problemsFile,
        signal,
      }),
    );
    describeProblems(summary).forEach(writeNote);
    if (options.json) writeJson(summary);
    else writeLine(describeLoad(summary));
    failOnProblems(summary);
  } finally {
    interruption.end();
  }
}

function failOnProblems({ problems, resources, unchanged, deleted, older }: LoadSummary): void {
  if (problems === 0) return;
  const faults = `${formatCount(problems)} faults`;
  const isAnyIn = resources + unchanged + deleted + older > 0;
  throw isAnyIn
    ? new CliError(`Loaded with ${faults}.`, exitCodes.partly)
    : new CliError(`Nothing was loaded: ${faults}.`);
}
