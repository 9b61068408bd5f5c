export {
  DataDirBusyError,
  lockDataDir,
  type DataDirLock,
  type LockHolder,
} from './data-dir-lock.ts';
export type { ExitFacts, Running } from './exit-facts.ts';
export { freePort, PortInUseError } from './free-port.ts';
export { startPostgres, type EmbeddedPostgres, type PostgresOptions } from './postgres.ts';
export { removeDataDir } from './postgres-home.ts';
export { startRedis, type EmbeddedRedis, type RedisKind, type RedisOptions } from './redis.ts';
export { findRunning, type StackState } from './stack-state.ts';
export { startStack, type Stack, type StackOptions } from './stack.ts';
export type { StackEvent } from './supervise.ts';
