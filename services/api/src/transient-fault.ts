import { passingReason } from '@sluice/postgres';
import { refusalReason } from '@sluice/queue';

/** What ioredis throws without a code, when Redis is away. */
const redisMessages = /Connection is closed|max retries per request/i;

/** Says whether a fault is one of reaching Postgres, Redis or the store, which may pass by itself. */
export function isTransientFault(error: unknown): boolean {
  if ((passingReason(error) ?? refusalReason(error)) !== undefined) return true;
  if (!(error instanceof Error)) return false;
  const { transient } = error as { transient?: unknown };
  return transient === true || redisMessages.test(error.message) || isTransientFault(error.cause);
}
