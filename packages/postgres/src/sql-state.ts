/** SQLSTATE of a Postgres error (or the code of another one), or an empty text. */
export function sqlState(error: unknown): string {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'string' ? code : '';
}
