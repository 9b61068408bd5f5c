import { patientCompartmentPaths } from '../generated/definitions.ts';
import { isId } from '../ids.ts';
import { parseReference } from '../reference.ts';
import { narrowDates } from './narrow-dates.ts';
import { narrowLastUpdated } from './narrow-last-updated.ts';
import { allOf, always, anyOf, type Narrowing, textOf } from './narrowing.ts';
import type { ElementPath, SearchParameter } from './parameters.ts';
import { currencySystem, type QuantityValue } from './quantity.ts';
import {
  aliasedKeys,
  aliasesOf,
  impliedTarget,
  type ReferenceAliases,
  writtenAliases,
} from './reference-value.ts';
import { relativeEnd } from './relative-end.ts';
import type { Token } from './token.ts';
import type { Condition, Criterion, TypeFilter } from './type-filter.ts';

/**
 * A condition that everything that passes the filter meets, in terms that a database can decide before a resource is parsed. It never
 * drops a match and may let others pass: the filter itself has the last word. It is made from the filter alone, without the base
 * URL: that patients' compartments were determined with the same one is for the caller to see to.
 *
 * @param aliases those that the filter is compiled with
 */
export function narrowFilter(
  { type, criteria }: TypeFilter,
  aliases: ReferenceAliases = {},
): Narrowing {
  return allOf([
    ...criteria.map((criterion) => narrowCriterion(type, criterion, aliases)),
    ...narrowDates(criteria),
  ]);
}

function narrowCriterion(
  type: string,
  { parameter, condition }: Criterion,
  aliases: ReferenceAliases,
): Narrowing {
  if (parameter.name === '_id' && condition.kind === 'token' && !condition.not) {
    const ids = condition.values.flatMap(({ system, code }) => (system ? [] : (code ?? [])));
    return { id: [...new Set(ids)] };
  }
  if (parameter.name === '_lastUpdated' && condition.kind === 'date') {
    return anyOf(condition.values.map(narrowLastUpdated));
  }
  if (condition.kind === 'reference') {
    return anyOf(
      condition.values.map((value) =>
        narrowReference(value, { type, parameter, target: condition.target, aliases }),
      ),
    );
  }
  return anyOf(parameter.paths.map((path) => narrowPath(condition, path)));
}

/** What a resource must have in its text for the condition to hold of an element of this path. */
function narrowPath(condition: Condition, path: ElementPath): Narrowing {
  const key = keyOf(path);
  switch (condition.kind) {
    case 'missing':
      return condition.missing ? always : key;
    case 'token':
      return condition.not
        ? always
        : anyOf(condition.values.map((token) => narrowToken(token, path)));
    case 'of-type':
      return anyOf(
        condition.values.map(({ system, code, value }) =>
          allOf([textOf(value), textOf(code), textOf(system)]),
        ),
      );
    case 'identifier':
      return anyOf(
        condition.values.map((token) => narrowToken(token, { ...path, type: 'Identifier' })),
      );
    case 'string':
      return condition.match === 'exact' ? anyOf(condition.values.map(textOf)) : always;
    case 'uri':
      return narrowUri(condition, path.type);
    case 'quantity':
      return allOf([key, anyOf(condition.values.map((value) => narrowUnit(value, path.type)))]);
    case 'number':
      return key;
    case 'display':
    case 'date':
    case 'reference':
      return always;
  }
}

/** The name of the element itself has to be in the text. */
function keyOf(path: ElementPath): Narrowing {
  const name = path.steps.at(-1)?.name;
  return name === undefined ? always : textOf(name);
}

function narrowToken({ system, code }: Token, { type }: ElementPath): Narrowing {
  if (type === 'boolean' || type === 'string' || type === 'ContactPoint') {
    return always;
  }
  const isInText = type === 'CodeableConcept' || type === 'Coding' || type === 'Identifier';
  return allOf([
    code === undefined ? always : textOf(code),
    isInText && system ? textOf(system) : always,
  ]);
}

function narrowUri({ match, values }: Condition & { kind: 'uri' }, type: string): Narrowing {
  if (match === 'above') {
    return always;
  }
  // What is below, and a canonical with its version, goes on behind the value.
  const isWhole = match === 'exact' && type !== 'canonical';
  return anyOf(values.map((value) => (isWhole ? textOf(value) : { text: `"${value}` })));
}

function narrowUnit({ unit }: QuantityValue, type: string): Narrowing {
  if (unit === undefined) {
    return always;
  }
  const hasSystem = type !== 'Money' && unit.system !== undefined;
  if (type === 'Money' && (unit.system ?? currencySystem) !== currencySystem) {
    return { any: [] };
  }
  return allOf([textOf(unit.code), hasSystem ? textOf(unit.system) : always]);
}

interface ReferenceContext {
  readonly type: string;
  readonly parameter: SearchParameter;
  readonly target: string | undefined;
  readonly aliases: ReferenceAliases;
}

function narrowReference(
  value: string,
  { type, parameter, target, aliases }: ReferenceContext,
): Narrowing {
  const branches = parameter.paths.flatMap((path): Narrowing[] => {
    const implied = impliedTarget(path, target);
    const text = isId(value) && implied !== undefined ? `${implied}/${value}` : value;
    const local = parseReference(text);
    if (local?.type === 'Patient' && isCompartmentPath(type, path)) {
      return [{ patient: [local.id, ...aliasesOf(aliases, `Patient/${local.id}`)] }];
    }
    const end = relativeEnd(text);
    const keys = isId(text) ? aliasedKeys(aliases, text) : [end];
    // A quote in a search is escaped, and a text with an escape may hold anything.
    const written = keys.flatMap((key) => writtenAliases(aliases, key));
    return [{ text: isId(text) ? `/${text}` : end }, ...written.map((each) => ({ text: each }))];
  });
  return anyOf(branches);
}

/** Whether what this path refers to decides whose compartment the resource is in. */
function isCompartmentPath(type: string, path: ElementPath): boolean {
  const name = path.steps.map((step) => step.name).join('.');
  return path.type === 'Reference' && patientCompartmentPaths[type]?.includes(name) === true;
}
