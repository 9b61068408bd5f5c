import type { Stack } from '@sluice/embedded';
import { Command, Option } from 'commander';
import { CliError } from '../cli-error.ts';
import { runDemo, type DemoResult } from '../demo/run-demo.ts';
import { formatBytes, formatCount, formatDuration, formatTable } from '../format.ts';
import { catchInterruption } from '../interruption.ts';
import { wholeNumber } from '../options.ts';
import { writeLine, writeNote } from '../output.ts';
import type { Environment } from '../settings.ts';

interface DemoCommandOptions {
  readonly patients: number;
  readonly port?: number;
  readonly redis?: 'wasm';
  readonly keep?: true;
}

/** `sluice demo` */
export function demoCommand(environment: Environment): Command {
  return new Command('demo')
    .description(
      'show it all on this machine: sample data, an export, a verified download; leaves nothing behind',
    )
    .option(
      '--patients <n>',
      'size of the sample data; each has about 500 resources',
      wholeNumber(1, 10_000),
      30,
    )
    .option('--port <n>', 'port of the API (default: a free one)', wholeNumber(1, 65_535))
    .addOption(
      new Option(
        '--redis <kind>',
        'use Valkey in WebAssembly even where Redis is installed',
      ).choices(['wasm']),
    )
    .option('--keep', 'keep the data and the files')
    .addHelpText('after', `\nExample:\n  sluice demo --patients 30`)
    .action((options: DemoCommandOptions) => run(options, environment));
}

async function run(options: DemoCommandOptions, environment: Environment): Promise<void> {
  let stack: Stack | undefined;
  const interruption = catchInterruption(() => stack?.kill());
  const startedAt = Date.now();
  try {
    const result = await runDemo({
      patients: options.patients,
      port: options.port,
      preferRedis: options.redis,
      keep: options.keep ?? false,
      environment,
      signal: interruption.signal,
      onStack: (started) => (stack = started),
    });
    writeLine(summaryOf(result, Date.now() - startedAt));
    if (result.folder !== undefined) writeNote(`Kept: ${result.folder}`);
    if (result.faults.length > 0) {
      throw new CliError(
        `What was exported is not what was generated:\n  ${result.faults.join('\n  ')}`,
      );
    }
  } finally {
    interruption.end();
  }
}

function summaryOf({ exported, startMs, loadMs, faults }: DemoResult, totalMs: number): string {
  const rows = new Map<string, { resources: number; bytes: number }>();
  for (const { type, count, bytes } of exported.files) {
    const row = rows.get(type) ?? { resources: 0, bytes: 0 };
    rows.set(type, { resources: row.resources + count, bytes: row.bytes + bytes });
  }
  const sum = { resources: 0, bytes: 0 };
  for (const { resources, bytes } of rows.values()) {
    sum.resources += resources;
    sum.bytes += bytes;
  }
  const line = (name: string, row: typeof sum): string[] => [
    name,
    formatCount(row.resources),
    formatBytes(row.bytes),
  ];
  const table = [...rows].map(([type, row]) => line(type, row));
  return [
    '',
    formatTable([['type', 'resources', 'size'], ...table, line('total', sum)]),
    '',
    formatTable([
      ['start', formatDuration(startMs)],
      ['load', formatDuration(loadMs)],
      ['export', formatDuration(exported.exportMs)],
      ['download', formatDuration(exported.downloadMs)],
      ['all', formatDuration(totalMs)],
    ]),
    '',
    `verified ${faults.length === 0 ? 'yes' : 'no'}`,
  ].join('\n');
}
