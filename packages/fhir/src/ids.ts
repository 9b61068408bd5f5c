const idPattern = /^[A-Za-z0-9\-.]{1,64}$/;

/** Says whether `text` is a legal logical id. Ids are case-sensitive. https://hl7.org/fhir/R4/datatypes.html#id */
export function isId(text: string): boolean {
  return idPattern.test(text);
}

/** Says whether `text` is a legal `meta.versionId`, which is an id too. https://hl7.org/fhir/R4/resource.html#Meta */
export function isVersionId(text: string): boolean {
  return idPattern.test(text);
}
