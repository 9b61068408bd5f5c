import type { BucketDescription } from '../storage-description.ts';
import type { Describing } from './describing.ts';

/** Tags an object can have with every provider. */
const maxTags = 10;

/** What goes for every object store: prefix, storage class, tags and encryption key. */
export function describeBucket(from: Describing): Omit<BucketDescription, 'endpoint' | 'account'> {
  const storageClass = from.text('BOX_FHIR_BULK_STORAGE_CLASS');
  const encryptionKey = from.text('BOX_FHIR_BULK_STORAGE_ENCRYPTION_KEY');
  return {
    prefix: describePrefix(from),
    tags: describeTags(from),
    ...(storageClass && { storageClass }),
    ...(encryptionKey && { encryptionKey }),
  };
}

function describePrefix(from: Describing): string {
  const names = /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*\/?$/;
  const accepts = 'names of letters, digits, ".", "_" and "-", with a slash between them';
  const prefix = from.matching('BOX_FHIR_BULK_STORAGE_PREFIX', names, accepts);
  return prefix === undefined ? '' : prefix.replace(/\/?$/, '/');
}

/** What every provider takes. Names that begin with `sluice` are those of the stores themselves. */
function describeTags(from: Describing): Readonly<Record<string, string>> {
  const text = from.text('BOX_FHIR_BULK_STORAGE_TAGS');
  const pairs = (text?.split(',') ?? []).map((pair) => pair.trim()).filter((pair) => pair !== '');
  const usable = /^(?!sluice)[a-z][a-z0-9_-]{0,127}=[A-Za-z0-9 +./:=_-]{0,256}$/;
  if (pairs.length > maxTags || !pairs.every((pair) => usable.test(pair))) {
    from.refuse(
      'BOX_FHIR_BULK_STORAGE_TAGS is not usable',
      `at most ${maxTags} of name=value with commas between them; names of a-z, 0-9, "_" and "-" that do not begin with sluice, values of letters, digits, space and + . / : = _ -`,
    );
  }
  return Object.fromEntries(
    pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  );
}
