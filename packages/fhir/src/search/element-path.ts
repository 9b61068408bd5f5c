import { isResourceType } from '../resource-types.ts';
import { evaluateExpression } from './expression.ts';
import type { ElementPath, PathStep } from './parameters.ts';

/** Says whether one of the elements at the end of a path passes the test. */
export type SomeElement = (resource: object, test: (element: unknown) => boolean) => boolean;

/** Of a primitive they are all undefined. */
type Members = Readonly<Record<string, unknown>>;

type Visit = (value: unknown, test: (element: unknown) => boolean, resource: object) => boolean;

/**
 * Makes the walk to the elements of a path, once for all resources. Arrays may stand at any step, whatever the definitions say; `null` is
 * nothing, as in the arrays of primitives with extensions. It selects what fhirpath selects by the expression that the path
 * was made from, about a hundred times faster.
 */
export function compilePath(path: ElementPath, expression: string): SomeElement {
  if (path.steps.length === 0) {
    return (resource, test) => evaluateExpression(expression, resource).some(test);
  }
  const visit = path.steps.reduceRight<Visit>(
    (next, step) => visitStep(step, next),
    (value, test) => test(value),
  );
  return (resource, test) => visit(resource, test, resource);
}

function visitStep(step: PathStep, next: Visit): Visit {
  const { name } = step;
  const passes = compileCondition(step);
  const visitOne: Visit = (value, test, resource) =>
    value !== undefined &&
    value !== null &&
    passes(value as Members, resource) &&
    next(value, test, resource);
  return (parent, test, resource) => {
    if (typeof parent !== 'object' || parent === null) {
      return false;
    }
    const value = (parent as Members)[name];
    return Array.isArray(value)
      ? value.some((item) => visitOne(item, test, resource))
      : visitOne(value, test, resource);
  };
}

function compileCondition({ target, where }: PathStep): (value: Members, root: object) => boolean {
  if (target !== undefined) {
    return (reference, root) => typeOfTarget(reference, root) === target;
  }
  return where === undefined ? () => true : (value) => value[where.name] === where.value;
}

const typedUrl =
  /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9\-.]{1,64}(?:\/_history\/[A-Za-z0-9\-.]{1,64})?$/;

/**
 * The type a reference leads to, as far as it says so itself: nothing is fetched for `resolve() is Patient`, only contained resources
 * are looked at.
 */
function typeOfTarget({ reference, type }: Members, root: object): string | undefined {
  if (typeof reference === 'string') {
    if (reference.startsWith('#')) {
      return typeOfContained(reference.slice(1), root);
    }
    const search = reference.indexOf('?');
    const named =
      search === -1
        ? typedUrl.exec(reference)?.[1]
        : reference.slice(reference.lastIndexOf('/', search) + 1, search);
    if (named !== undefined && isResourceType(named)) {
      return named;
    }
  }
  return typeof type === 'string'
    ? type.replace('http://hl7.org/fhir/StructureDefinition/', '')
    : undefined;
}

function typeOfContained(id: string, root: { readonly contained?: unknown }): string | undefined {
  const contained: readonly unknown[] = Array.isArray(root.contained) ? root.contained : [];
  const found = contained.find((each): each is { readonly resourceType: string } => {
    const resource = each as { readonly id?: unknown; readonly resourceType?: unknown } | null;
    return resource?.id === id && typeof resource.resourceType === 'string';
  });
  return found?.resourceType;
}
