import type { Readable } from 'node:stream';

/** A stored object as it lies in the store. */
export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

/** A finished write: what the store holds now. */
export interface WrittenObject {
  readonly bytes: number;
  /** Lower-case hex, of the stored bytes. */
  readonly sha256: string;
}

/** One object being written; nothing of it is visible until `commit` has returned. */
export interface ObjectWriter {
  /**
   * Writes the next block; resolves when the store needs it no more, so that its memory may be used
   * again (back-pressure).
   */
  write(block: Buffer): Promise<void>;
  /** Makes the object visible whole, replacing one of the same key. */
  commit(): Promise<WrittenObject>;
  /** Leaves nothing behind; safe after a failed write, harmless after commit. */
  abort(): Promise<void>;
}

/** Inclusive byte range. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where output files go. Keys are `<folder>/<name>`, both made by Sluice alone. A backend is one file
 * that passes test/integration/output-store.contract.ts.
 */
export interface OutputStore {
  /** Readies the folder of one export. Writers never create it, so a late one cannot revive it. */
  createFolder(folder: string): Promise<void>;
  /** Begins an object. @throws StorageError `not-found` when the folder is gone. */
  write(key: string, contentType: string): Promise<ObjectWriter>;
  /** Facts of an object, or `undefined` when there is none. */
  find(key: string): Promise<StoredObject | undefined>;
  /** Opens an object or a range of it. @throws StorageError `not-found`. */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /** Whole objects of a folder, in no order. */
  list(folder: string): Promise<StoredObject[]>;
  /** Every folder that exists. */
  listFolders(): Promise<string[]>;
  /** Removes what writers that are gone have left in a folder; whoever still writes there fails. */
  removeUnfinished(folder: string): Promise<void>;
  /** Removes one object; harmless when there is none. */
  remove(key: string): Promise<void>;
  /** Removes a folder with everything in it, unfinished writes too; harmless when there is none. */
  removeFolder(folder: string): Promise<void>;
}
