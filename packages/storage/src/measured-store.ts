import type { Readable } from 'node:stream';
import { traced } from '@sluice/runtime';
import type { StorageError } from './errors.ts';
import type {
  ByteRange,
  ObjectWriter,
  OutputStore,
  StoredObject,
  WriteOptions,
} from './output-store.ts';

/** What is measured. */
export type StorageOperation = 'write' | 'commit' | 'read' | 'find' | 'list' | 'remove' | 'sign';

/** How an operation ended. */
export type StorageOutcome = 'ok' | 'not-found' | 'denied' | 'unavailable' | 'other';

/** Where operations are told of when they are over: the Metrics of a process. */
export interface StorageMetrics {
  count(
    name: 'sluice_storage_operations_total',
    labels: { readonly operation: StorageOperation; readonly outcome: StorageOutcome },
  ): void;
  observe(
    name: 'sluice_storage_operation_duration_seconds',
    labels: { readonly operation: StorageOperation },
    seconds: number,
  ): void;
}

/** The same store, whose operations are measured. */
export function measuredStore(store: OutputStore, metrics: StorageMetrics): OutputStore {
  const timed = async <T>(operation: StorageOperation, work: () => Promise<T>): Promise<T> => {
    const begun = performance.now();
    let outcome: StorageOutcome = 'ok';
    try {
      // Blocks come by the thousand: what they take is measured, and shows in the span of their part.
      return await (operation === 'write' ? work() : traced(`storage ${operation}`, {}, work));
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      metrics.count('sluice_storage_operations_total', { operation, outcome });
      const seconds = (performance.now() - begun) / 1000;
      metrics.observe('sluice_storage_operation_duration_seconds', { operation }, seconds);
    }
  };
  const measuredWriter = (writer: ObjectWriter): ObjectWriter => ({
    write: (block) => timed('write', () => writer.write(block)),
    commit: () => timed('commit', () => writer.commit()),
    abort: () => writer.abort(),
  });
  const signUrl = store.signUrl?.bind(store);
  return {
    createFolder: (folder) => store.createFolder(folder),
    write: async (key: string, options: WriteOptions) =>
      measuredWriter(await store.write(key, options)),
    create: (key, content) => timed('write', () => store.create(key, content)),
    find: (key): Promise<StoredObject | undefined> => timed('find', () => store.find(key)),
    read: (key, range?: ByteRange): Promise<Readable> =>
      timed('read', () => store.read(key, range)),
    list: (folder) => timed('list', () => store.list(folder)),
    listFolders: () => timed('list', () => store.listFolders()),
    removeUnfinished: (folder) => timed('remove', () => store.removeUnfinished(folder)),
    remove: (key) => timed('remove', () => store.remove(key)),
    removeFolder: (folder) => timed('remove', () => store.removeFolder(folder)),
    ...(signUrl && {
      signUrl: (key: string, expiresAt: Date) => timed('sign', () => signUrl(key, expiresAt)),
    }),
  };
}

function outcomeOf(error: unknown): StorageOutcome {
  const { code } = error as Partial<StorageError>;
  return code === 'not-found' || code === 'denied' || code === 'unavailable' ? code : 'other';
}
