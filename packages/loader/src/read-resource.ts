import { isUtf8 } from 'node:buffer';
import { minifyJson, scanResource } from '@sluice/fhir';
import { checkSize, readJsonObject } from './read-json.ts';
import type { ReadResource } from './stage-resource.ts';

/**
 * Reads the text of a plain resource the quick way, and minifies it. `undefined` means it has to be read in full: it is a Bundle, or
 * nothing that can be stored, or only unusual.
 */
export function readQuickly(bytes: Buffer): ReadResource | undefined {
  const scanned = isUtf8(bytes) ? scanResource(bytes) : undefined;
  if (scanned === undefined || scanned.resource['resourceType'] === 'Bundle') {
    return undefined;
  }
  const { resource, members, hasSpace } = scanned;
  return hasSpace ? { bytes: minifyJson(bytes), resource } : { bytes, resource, members };
}

/**
 * Reads the text of one resource, whatever it is like, and minifies it. Throws an `UnloadableError` when it is no JSON object, or one
 * beyond the bounds.
 */
export function readResource(bytes: Buffer, firstLine = 1): ReadResource {
  checkSize(bytes, firstLine);
  return (
    readQuickly(bytes) ?? { resource: readJsonObject(bytes, firstLine), bytes: minifyJson(bytes) }
  );
}
