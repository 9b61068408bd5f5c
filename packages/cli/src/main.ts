import { DataDirBusyError } from '@sluice/embedded';
import { SettingsError } from '@sluice/runtime';
import { CommanderError } from 'commander';
import { CliError, describeError, exitCodes } from './cli-error.ts';
import { writeNote } from './output.ts';
import { createProgram } from './program.ts';
import { readEnvironment, readVersion } from './settings.ts';

// Whoever reads the output may have seen enough of it.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

try {
  await createProgram(readEnvironment(), readVersion()).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
  // Commander has said what is wrong with a command line.
  if (!(error instanceof CommanderError)) writeNote(`sluice: ${describeError(error)}`);
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (error instanceof CliError) return error.exitCode;
  if (error instanceof DataDirBusyError) return exitCodes.running;
  if (error instanceof SettingsError) return exitCodes.usage;
  return exitCodes.failed;
}
