import { isId } from './ids.ts';
import { isResourceType } from './resource-types.ts';

/** The resource a reference names; the version it may name too is left out. */
export interface ResourceReference {
  type: string;
  id: string;
}

/**
 * Reads a literal reference to a resource of this store: `Patient/1`, `/Patient/1`, `Patient/1/_history/2`, and the same behind
 * `baseUrl` when one is given. Absolute references elsewhere, contained (`#x`), `urn:` and conditional (`Patient?…`) ones
 * answer `undefined`, as does a type that R4 does not have. https://hl7.org/fhir/R4/references.html#literal
 */
export function parseReference(text: string, baseUrl?: string): ResourceReference | undefined {
  const [type, id, history, version, ...rest] = relativePart(text, baseUrl).split('/');
  if (type === undefined || id === undefined || rest.length > 0) {
    return undefined;
  }
  const versionIsRight =
    history === undefined || (history === '_history' && version !== undefined && isId(version));
  return versionIsRight && isResourceType(type) && isId(id) ? { type, id } : undefined;
}

function relativePart(text: string, baseUrl: string | undefined): string {
  if (baseUrl !== undefined) {
    const base = baseUrl.endsWith('/') ? baseUrl : `${baseUrl}/`;
    if (text.startsWith(base)) {
      return text.slice(base.length);
    }
  }
  return text.startsWith('/') ? text.slice(1) : text;
}
