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
  /**
   * Makes the object visible whole, replacing one of the same key.
   *
   * @throws StorageError `fenced` when a later attempt has written this key
   */
  commit(): Promise<WrittenObject>;
  /** Leaves nothing behind; safe after a failed write, harmless after commit. */
  abort(): Promise<void>;
}

/** What a writer says of the object it begins. */
export interface WriteOptions {
  readonly contentType: string;
  /**
   * Attempt number of the part that writes, its fencing token: of two attempts that write one key, the
   * object of the higher one stands, whoever commits last.
   */
  readonly attempt: number;
}

/** Inclusive byte range. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Where output files go. Keys are `<folder>/<name>`, both made by Sluice alone. A backend is one folder
 * that passes `describeOutputStore` of test/support/output-store-contract.ts.
 *
 * An object store has no folders: there a folder is what its objects and unfinished uploads have in
 * common, and what a late writer commits after `removeFolder` is an orphan that housekeeping finds by
 * `listFolders`.
 */
export interface OutputStore {
  /** Readies the folder of one export, where the store has folders. */
  createFolder(folder: string): Promise<void>;
  /** Begins an object. @throws StorageError `not-found` when the store has folders and this one is gone */
  write(key: string, options: WriteOptions): Promise<ObjectWriter>;
  /**
   * Stores a small object unless there is one of this key already; of several callers at once, one alone does.
   *
   * @returns whether this call has, as far as its answer has arrived
   */
  create(key: string, content: Buffer): Promise<boolean>;
  /** Facts of an object, or `undefined` when there is none. */
  find(key: string): Promise<StoredObject | undefined>;
  /** Opens an object or a range of it. @throws StorageError `not-found`. */
  read(key: string, range?: ByteRange): Promise<Readable>;
  /** Whole objects of a folder, in no order. */
  list(folder: string): Promise<StoredObject[]>;
  /** Every folder that exists, those with nothing but unfinished uploads too. */
  listFolders(): Promise<string[]>;
  /** Removes what writers that are gone have left in a folder; whoever still writes there fails. */
  removeUnfinished(folder: string): Promise<void>;
  /** Removes one object; harmless when there is none. */
  remove(key: string): Promise<void>;
  /** Removes a folder with everything in it, unfinished writes too; harmless when there is none. */
  removeFolder(folder: string): Promise<void>;
  /**
   * URL by which anyone can read the object until `expiresAt`, without a header of any kind. Absent: the
   * store has no URLs of its own, and the API serves the files. @throws StorageError `denied` when the
   * identity may not sign
   */
  signUrl?(key: string, expiresAt: Date): Promise<string>;
}
