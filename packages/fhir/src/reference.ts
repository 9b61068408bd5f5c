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
  const match = relativeReference.exec(relativePart(text, baseUrl));
  const [, type, id] = match ?? [];
  return type !== undefined && id !== undefined && isResourceType(type) ? { type, id } : undefined;
}

/** `Type/id` or `Type/id/_history/version`, ids as `isId` has them. */
const relativeReference = /^(\w+)\/([A-Za-z0-9\-.]{1,64})(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

function relativePart(text: string, baseUrl: string | undefined): string {
  if (baseUrl !== undefined && text.startsWith(baseUrl)) {
    const end = baseUrl.endsWith('/') ? baseUrl.length - 1 : baseUrl.length;
    if (text[end] === '/') return text.slice(end + 1);
  }
  return text.startsWith('/') ? text.slice(1) : text;
}
