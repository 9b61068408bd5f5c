/** Of Node's sockets, of Postgres (class 08, shutdown, start-up, out of connections). */
const transientCodes =
  /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EPIPE|EHOSTUNREACH|08\w{3}|57P0[123]|53300)$/;
const transientMessages =
  /timeout exceeded when trying to connect|Connection terminated|Connection is closed|max retries per request/i;

/** Says whether a fault is one of reaching Postgres, Redis or the store, which may pass by itself. */
export function isTransientFault(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isTransientFault);
  if (!(error instanceof Error)) return false;
  const { code, transient } = error as { code?: unknown; transient?: unknown };
  return (
    transient === true ||
    (typeof code === 'string' && transientCodes.test(code)) ||
    transientMessages.test(error.message) ||
    isTransientFault(error.cause)
  );
}
