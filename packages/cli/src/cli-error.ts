/** How a command ends; `sluice --help` lists them. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, running: 3, partly: 4 } as const;

/** Ends a command with a message for its user and an exit code. */
export class CliError extends Error {
  readonly code = 'command-failed';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = exitCodes.failed, options?: ErrorOptions) {
    super(message, options);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}

/** What went wrong, with the causes that say more. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const nested = error instanceof AggregateError ? error.errors.map(describeError).join('; ') : '';
  const message = error.message === '' ? nested || error.name : error.message;
  const cause = error.cause === undefined ? '' : describeError(error.cause);
  return cause === '' || message.includes(cause) ? message : `${message}: ${cause}`;
}
