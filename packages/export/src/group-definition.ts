/** In a Group of the bulk data guide: whom it holds is found by searches, not listed. */
const memberFilter = 'http://hl7.org/fhir/uv/bulkdata/StructureDefinition/member-filter';

/**
 * Says why a Group cannot be exported: it describes its members instead of listing them, and nothing
 * here evaluates the description. To export nothing, or everybody, would be wrong without a word.
 *
 * @param group a parsed Group resource
 * @returns a sentence for the client; `undefined` for a Group that lists its members, were it none
 * @see https://hl7.org/fhir/R4/group-definitions.html#Group.actual
 */
export function whyNotListed(group: object): string | undefined {
  const { actual, member, characteristic, modifierExtension } = group as Record<string, unknown>;
  if (lengthOf(member) > 0) return undefined;
  const how = hasMemberFilter(modifierExtension)
    ? 'by a member filter'
    : lengthOf(characteristic) > 0
      ? 'by characteristics'
      : actual === false
        ? 'as a kind of person (actual is false)'
        : undefined;
  if (how === undefined) return undefined;
  return `The Group describes its members ${how} and lists none, and this server does not look for them; accepted: a Group with members, or Patient/$export with patient.`;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function hasMemberFilter(extensions: unknown): boolean {
  const list: readonly unknown[] = Array.isArray(extensions) ? extensions : [];
  return list.some((each) => (each as { url?: unknown } | null)?.url === memberFilter);
}
