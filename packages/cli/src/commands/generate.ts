import { Command, Option } from 'commander';
import { CliError, exitCodes } from '../cli-error.ts';
import { formatBytes, formatCount, formatDuration, formatTable } from '../format.ts';
import { generateData } from '../generate/generate-data.ts';
import { defaultBase, type ReferenceForm, referenceForms } from '../generate/reference-form.ts';
import { catchInterruption } from '../interruption.ts';
import { webUrl, wholeNumber } from '../options.ts';
import { writeLine } from '../output.ts';
import { showProgress } from '../progress.ts';

interface GenerateCommandOptions {
  readonly patients: number;
  readonly seed: number;
  readonly out: string;
  readonly gzip?: true;
  readonly bundles?: true;
  readonly references: ReferenceForm;
  readonly baseUrl?: string;
}

/** `sluice generate` */
export function generateCommand(): Command {
  return new Command('generate')
    .description(
      'write synthetic patients and their records as NDJSON or Bundles; the same seed gives the same files',
    )
    .requiredOption(
      '--patients <n>',
      'how many patients; each has about 500 resources',
      wholeNumber(1, 100_000_000),
    )
    .option('--seed <n>', 'what the files are made from', wholeNumber(0, 4_294_967_295), 1)
    .requiredOption('--out <dir>', 'folder for the files')
    .option('--gzip', 'write .ndjson.gz, or .json.gz')
    .option(
      '--bundles',
      'write a transaction Bundle for each patient; Groups are NDJSON all the same',
    )
    .addOption(
      new Option(
        '--references <form>',
        'how resources refer to others; conditional: practitioners, organizations and locations by identifier, as Synthea does; urn: by urn:uuid:, for Bundles',
      )
        .choices(referenceForms)
        .default('relative'),
    )
    .option('--base-url <url>', `base of absolute references (default: ${defaultBase})`, webUrl)
    .addHelpText(
      'after',
      `
Examples:
  sluice generate --patients 1000 --seed 42 --out ./data
  sluice generate --patients 10 --bundles --references conditional --out ./data`,
    )
    .action(run);
}

/** Throws a `CliError` for options that make no sense together. */
function checkReferences({ references, bundles, baseUrl }: GenerateCommandOptions): void {
  if (references === 'urn' && bundles !== true) {
    const message =
      '--references urn needs --bundles: a urn:uuid: names an entry of the same Bundle and nothing else.';
    throw new CliError(message, exitCodes.usage);
  }
  const hasBase = references === 'absolute' || (references === 'relative' && bundles === true);
  if (baseUrl !== undefined && !hasBase) {
    const message =
      '--base-url is for --references absolute, or for the full URLs of --bundles with relative references.';
    throw new CliError(message, exitCodes.usage);
  }
}

async function run(options: GenerateCommandOptions): Promise<void> {
  const { patients, seed, out, gzip, bundles, references, baseUrl } = options;
  checkReferences(options);
  const interruption = catchInterruption();
  const progress = showProgress('Generating');
  const startedAt = Date.now();
  try {
    const written = await generateData({
      patients,
      seed,
      folder: out,
      gzip,
      bundles,
      references,
      base: baseUrl,
      signal: interruption.signal,
      onProgress: (count) => progress.update(count / patients, `${formatCount(count)} patients`),
    });
    progress.stop();
    const rows = [...written].map(([type, { lines, bytes }]) => [
      type,
      formatCount(lines),
      formatBytes(bytes),
    ]);
    const total = [...written.values()].reduce((sum, { lines }) => sum + lines, 0);
    writeLine(formatTable([['type', 'resources', 'size'], ...rows]));
    writeLine(
      `\n${formatCount(total)} resources in ${out} after ${formatDuration(Date.now() - startedAt)}`,
    );
  } finally {
    progress.stop();
    interruption.end();
  }
}
