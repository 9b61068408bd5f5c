import { Command } from 'commander';
import { formatBytes, formatCount, formatDuration, formatTable } from '../format.ts';
import { generateData } from '../generate/generate-data.ts';
import { catchInterruption } from '../interruption.ts';
import { wholeNumber } from '../options.ts';
import { writeLine } from '../output.ts';
import { showProgress } from '../progress.ts';

interface GenerateCommandOptions {
  readonly patients: number;
  readonly seed: number;
  readonly out: string;
  readonly gzip?: true;
}

/** `sluice generate` */
export function generateCommand(): Command {
  return new Command('generate')
    .description(
      'write synthetic patients and their records as NDJSON; the same seed gives the same files',
    )
    .requiredOption(
      '--patients <n>',
      'how many patients; each has about 500 resources',
      wholeNumber(1, 100_000_000),
    )
    .option('--seed <n>', 'what the files are made from', wholeNumber(0, 4_294_967_295), 1)
    .requiredOption('--out <dir>', 'folder for the files')
    .option('--gzip', 'write .ndjson.gz')
    .addHelpText('after', `\nExample:\n  sluice generate --patients 1000 --seed 42 --out ./data`)
    .action(run);
}

async function run({ patients, seed, out, gzip }: GenerateCommandOptions): Promise<void> {
  const interruption = catchInterruption();
  const progress = showProgress('Generating');
  const startedAt = Date.now();
  try {
    const written = await generateData({
      patients,
      seed,
      folder: out,
      gzip,
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
