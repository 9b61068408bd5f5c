import {
  bareResources,
  everyDomainResource,
  everyResource,
  rootElements,
} from './generated/elements.ts';

/** An element at the root of a resource. */
export interface RootElement {
  /** `status`, or `value` for the choice `value[x]`. */
  readonly name: string;
  /** The names it can have in JSON: `status`, or `valueQuantity`, `valueString` and so on. */
  readonly jsonNames: readonly string[];
  /** Without it the resource is invalid, or means something else: mandatory (min ≥ 1), or a modifier. */
  readonly isEssential: boolean;
}

const byType = new Map<string, readonly RootElement[]>();

/** The root elements of a type, in the order of R4; none for what is no type. https://hl7.org/fhir/R4/resourcelist.html */
export function rootElementsOf(type: string): readonly RootElement[] {
  const own = Object.hasOwn(rootElements, type) ? rootElements[type] : undefined;
  if (own === undefined) return [];
  const elements = byType.get(type) ?? readElements(type, own);
  byType.set(type, elements);
  return elements;
}

function readElements(type: string, own: string): RootElement[] {
  const common = bareResources.includes(type)
    ? [everyResource]
    : [everyResource, everyDomainResource];
  return [...common, own].flatMap((names) => names.split(' ').map(readElement));
}

/**
 * Says whether `name` is a root element of the type. A choice goes by its own name and by those it has in JSON: `value` and
 * `valueQuantity`, but not `value[x]`. `resourceType` is none: it is no element, and never left out anyway.
 */
export function isElementOf(type: string, name: string): boolean {
  return rootElementsOf(type).some(
    (element) => element.name === name || element.jsonNames.includes(name),
  );
}

function readElement(text: string): RootElement {
  const [, name = '', types, essential] = /^(\w+)(?:\[(.+)\])?(!)?$/.exec(text) ?? [];
  const jsonNames = types?.split('|').map((each) => `${name}${each}`) ?? [name];
  return { name, jsonNames, isEssential: essential !== undefined };
}
