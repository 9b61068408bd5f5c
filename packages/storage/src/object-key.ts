import { StorageError } from './errors.ts';

const keyPart = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;

/** Whether a name can be a folder's. */
export function isKeyPart(name: string): boolean {
  return keyPart.test(name);
}

/**
 * The parts of a key: one or two plain names, without separator, climbing or hidden file.
 *
 * @throws StorageError `invalid-key`
 */
export function keyParts(key: string): readonly string[] {
  const parts = key.split('/');
  if (parts.length > 2 || !parts.every(isKeyPart)) {
    throw new StorageError('invalid-key', `not a key of an output file: ${JSON.stringify(key)}`);
  }
  return parts;
}
