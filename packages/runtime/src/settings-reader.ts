import { Ajv, type ErrorObject } from 'ajv';
import { presetOf } from './profiles.ts';
import { parseBytes, parseDuration } from './units.ts';
import { variables, type Variable, type VariableName } from './variables.ts';

type Definition<N extends VariableName> = (typeof variables)[N];
type ValueOf<D> = D extends { kind: 'choice'; choices: readonly (infer C)[] }
  ? C
  : D extends { kind: 'boolean' }
    ? boolean
    : D extends { kind: 'string' | 'url' }
      ? string
      : D extends { orForever: true }
        ? number | 'forever'
        : number;
type IsSure<D> = D extends { default: string } | { required: true } ? true : false;

/** Checked settings: numbers for ports, counts, durations (ms) and sizes (bytes); text otherwise. */
export type Settings<N extends VariableName> = {
  readonly [K in N]: IsSure<Definition<K>> extends true
    ? ValueOf<Definition<K>>
    : ValueOf<Definition<K>> | undefined;
};

/** The environment does not describe a process that could run; `faults` has one line per variable. */
export class SettingsError extends Error {
  readonly code = 'invalid-settings';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The settings are not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'SettingsError';
    this.faults = faults;
  }
}

/**
 * Reads and checks the named settings.
 *
 * @param names which of `variables` this process needs
 * @param env the environment, e.g. `process.env`; an empty value counts as unset
 * @returns a frozen object with one converted value per name
 * @throws SettingsError naming every faulty variable, its value and what is accepted
 */
export function readSettings<N extends VariableName>(
  names: readonly N[],
  env: Readonly<Record<string, string | undefined>>,
): Settings<N> {
  const preset = presetOf(env);
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const text = env[name]?.trim() || preset[name] || (variables[name] as Variable).default;
    values[name] = convert(variables[name], text);
  }
  const schema = {
    type: 'object',
    required: names.filter((name) => (variables[name] as Variable).required),
    properties: Object.fromEntries(names.map((name) => [name, schemaOf(variables[name])])),
  };
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true });
  const present = Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined));
  if (!ajv.validate(schema, present)) {
    throw new SettingsError(faultLines(ajv.errors ?? [], env));
  }
  return Object.freeze(values) as Settings<N>;
}

/** The value in its own type; text that cannot be converted stays text, for the schema to refuse. */
function convert(variable: Variable, text: string | undefined): unknown {
  if (text === undefined) return undefined;
  switch (variable.kind) {
    case 'port':
    case 'integer':
      return /^\d{1,15}$/.test(text) ? Number(text) : text;
    case 'duration':
      return parseDuration(text) ?? text;
    case 'bytes':
      return parseBytes(text) ?? text;
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'string':
    case 'url':
    case 'choice':
      return text;
  }
}

function schemaOf(variable: Variable): object {
  const range = {
    ...(variable.minimum === undefined ? {} : { minimum: variable.minimum }),
    ...(variable.maximum === undefined ? {} : { maximum: variable.maximum }),
  };
  switch (variable.kind) {
    case 'port':
      return { type: 'integer', minimum: 0, maximum: 65535 };
    case 'duration':
      return variable.orForever
        ? { anyOf: [{ const: 'forever' }, { type: 'integer', ...range }] }
        : { type: 'integer', ...range };
    case 'integer':
    case 'bytes':
      return { type: 'integer', ...range };
    case 'boolean':
      return { type: 'boolean' };
    case 'choice':
      return { enum: variable.choices };
    case 'url':
      return { type: 'string', pattern: '^[a-z][a-z0-9+.-]*://[^\\s]+$' };
    case 'string':
      return { type: 'string', minLength: 1 };
  }
}

function faultLines(
  errors: readonly ErrorObject[],
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const lines = new Map<string, string>();
  for (const error of errors) {
    const missing = (error.params as { missingProperty?: string }).missingProperty;
    const name = missing ?? error.instancePath.slice(1);
    const variable = variables[name as VariableName] as Variable;
    const value = missing === undefined ? shown(variable, env[name] ?? '') : 'is not set';
    lines.set(name, `${name} ${value}; accepted: ${accepted(variable)}`);
  }
  return [...lines.values()];
}

/** A URL may hold a password, so only its scheme is repeated. */
function shown(variable: Variable, text: string): string {
  return variable.kind === 'url' ? 'is not a URL' : `is ${JSON.stringify(text)}`;
}

/** What a variable accepts, in words: used in faults and in docs/configuration.md. */
export function accepted(variable: Variable): string {
  const { minimum, maximum } = variable;
  const from = minimum === undefined ? '' : ` from ${minimum}`;
  const to = maximum === undefined ? '' : ` to ${maximum}`;
  switch (variable.kind) {
    case 'port':
      return 'a port, 0 to 65535';
    case 'integer':
      return `a whole number${from}${to}`;
    case 'duration':
      return `a duration such as 500ms, 60s, 10m, 12h or 7d${minimum ? `, at least ${minimum}ms` : ''}${maximum ? `, at most ${maximum}ms` : ''}${variable.orForever ? ', or forever' : ''}`;
    case 'bytes':
      return 'a size in bytes, or with KB, MB, GB or TB';
    case 'boolean':
      return 'true or false';
    case 'choice':
      return (variable.choices ?? []).join(' or ');
    case 'url':
      return 'a URL with its scheme';
    case 'string':
      return 'text that is not empty';
  }
}
