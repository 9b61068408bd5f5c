import { once } from 'node:events';
import type { Stack, StackEvent } from '@sluice/embedded';
import { Command } from 'commander';
import { catchInterruption } from '../interruption.ts';
import { dataDirOption, wholeNumber } from '../options.ts';
import { writeLine, writeNote } from '../output.ts';
import type { Environment } from '../settings.ts';
import { beginStack } from '../stack.ts';

interface UpOptions {
  readonly port?: number;
  readonly dataDir: string;
  readonly workers: number;
}

/** `sluice up` */
export function upCommand(environment: Environment): Command {
  return new Command('up')
    .description('start Postgres, Redis, the API and workers on this machine; Ctrl-C stops them')
    .option(
      '--port <n>',
      'port of the API (default: PORT of the environment, else 8080)',
      wholeNumber(1, 65_535),
    )
    .addOption(dataDirOption())
    .option('--workers <n>', 'worker processes', wholeNumber(1, 64), 1)
    .addHelpText(
      'after',
      `
DATABASE_URL and REDIS_URL of the environment are used instead of servers of its own.
Other settings of the environment are passed on to the API and the workers.

Example:
  EXPORT_SLOTS=4 sluice up --port 8080 --workers 2`,
    )
    .action((options: UpOptions) => up(options, environment));
}

async function up(options: UpOptions, environment: Environment): Promise<void> {
  let stack: Stack | undefined;
  const interruption = catchInterruption(() => stack?.kill());
  const { signal } = interruption;
  const port =
    options.port ??
    (/^\d{1,5}$/.test(environment['PORT'] ?? '') ? Number(environment['PORT']) : 8080);
  try {
    stack = await beginStack({
      purpose: 'up',
      dataDir: options.dataDir,
      port,
      workers: options.workers,
      environment,
      signal,
      onEvent: tell,
    });
    if (!signal.aborted) {
      writeLine(`Sluice is ready at ${stack.url}`);
      await once(signal, 'abort');
    }
    writeLine('Stopping …');
    await stack.stop();
    writeLine('Stopped.');
  } finally {
    interruption.end();
  }
}

function tell({ event, name, pid, reason }: StackEvent): void {
  const who = pid === undefined ? name : `${name} (process ${pid})`;
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (event) {
    case 'started':
      return writeLine(`${who} started`);
    case 'died':
      return writeNote(`${who} died${why}; it is started again`);
    case 'restarted':
      return writeLine(`${who} was started again`);
    case 'not-restarted':
      return writeNote(`${name} could not be started again, there will be another attempt${why}`);
    case 'stopping':
    case 'stopped':
      return;
  }
}
