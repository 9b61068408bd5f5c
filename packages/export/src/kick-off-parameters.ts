import type { Findings } from './findings.ts';
import type { KickOffRequest } from './kick-off-request.ts';
import { isJsonBody } from './media-range.ts';
import type { BodyParameter } from './parameters-body.ts';
import { parseQuery } from './query.ts';
import { quoted } from './quoted.ts';

/** One given parameter; `form` is absent when it came in the query. */
export type GivenParameter = BodyParameter;

interface Definition {
  /** May be given more than once. */
  readonly list?: true;
  /** Elements that may hold it in a body. The first is the proper one. */
  readonly forms: readonly string[];
}

const instantForms = ['valueInstant', 'valueDateTime', 'valueString', 'valueDate'] as const;

/** Every parameter of a kick-off that is supported. */
export const kickOffParameters = {
  _type: { list: true, forms: ['valueString', 'valueCode'] },
  _since: { forms: instantForms },
  _until: { forms: instantForms },
  _till: { forms: instantForms },
  _typeFilter: { list: true, forms: ['valueString'] },
  _elements: { list: true, forms: ['valueString', 'valueCode'] },
  patient: { list: true, forms: ['valueReference', 'valueString', 'valueId', 'valueUri'] },
  includeAssociatedData: { list: true, forms: ['valueCode', 'valueString', 'valueCoding'] },
  allowPartialManifests: { forms: ['valueBoolean', 'valueString'] },
  _outputFormat: { forms: ['valueString', 'valueCode'] },
  _format: { forms: ['valueString', 'valueCode'] },
  _pretty: { forms: ['valueBoolean', 'valueString'] },
} as const satisfies Record<string, Definition>;

/** Name of a supported parameter. */
export type KickOffParameter = keyof typeof kickOffParameters;

/** Parameters that the guide or a vendor defines and this server does not support, with what it does instead. */
const unsupported: ReadonlyMap<string, string> = new Map([
  ['organizeOutputBy', 'Every file holds resources of one type.'],
  ['_container', 'The files went where those of every export go.'],
]);

/** The given parameters by name; every name in it is supported and no 0..1 name has two values. */
export type GivenParameters = ReadonlyMap<KickOffParameter, readonly GivenParameter[]>;

/** Gathers query and body: names, cardinalities and the elements that hold the values are checked. */
export function readParameters(request: KickOffRequest, findings: Findings): GivenParameters {
  const given = [...queryParameters(request, findings), ...bodyParameters(request, findings)];
  const byName = new Map<string, GivenParameter[]>();
  for (const parameter of given) {
    const same = byName.get(parameter.name);
    if (same === undefined) byName.set(parameter.name, [parameter]);
    else same.push(parameter);
  }
  const known = new Map<KickOffParameter, readonly GivenParameter[]>();
  for (const [name, parameters] of byName) {
    if (!isSupported(name)) rejectName(name, findings);
    else if (checkCardinality(name, parameters, findings)) {
      known.set(name, checkForms(name, parameters, findings));
    }
  }
  return known;
}

function queryParameters(request: KickOffRequest, findings: Findings): GivenParameter[] {
  return parseQuery(request.query).flatMap(({ name, value }) => {
    if (value !== undefined) return [{ name, value }];
    findings.reject(
      'invalid',
      shownName(name),
      `The percent-encoding of ${quoted(name)} is broken.`,
    );
    return [];
  });
}

function bodyParameters(request: KickOffRequest, findings: Findings): readonly GivenParameter[] {
  const { method, body, headers } = request;
  if (method === 'GET' || body === undefined || !isJsonBody(headers.contentType)) return [];
  if (typeof body !== 'string') return body;
  findings.reject('invalid', 'Parameters', body);
  return [];
}

function isSupported(name: string): name is KickOffParameter {
  return Object.hasOwn(kickOffParameters, name);
}

function rejectName(name: string, findings: Findings): void {
  const instead = unsupported.get(name);
  const text =
    instead === undefined
      ? `${quoted(name)} is not a parameter of this operation; accepted: ${Object.keys(kickOffParameters).join(', ')}.`
      : `The parameter ${name} is not supported by this server.`;
  const remedy = instead ?? 'It was ignored.';
  findings.rejectUnlessLenient('not-supported', shownName(name), text, remedy);
}

/** As an expression: text that Postgres could not store, say, must not get into a notice. */
function shownName(name: string): string {
  return /^[\w.-]{1,100}$/.test(name) ? name : quoted(name);
}

function checkCardinality(
  name: KickOffParameter,
  parameters: readonly GivenParameter[],
  findings: Findings,
): boolean {
  if (parameters.length === 1 || 'list' in kickOffParameters[name]) return true;
  findings.reject('invalid', name, `${name} may be given once, not ${parameters.length} times.`);
  return false;
}

/** What has no usable value is a fault in both modes: ignoring it would change what is exported. */
function checkForms(
  name: KickOffParameter,
  parameters: readonly GivenParameter[],
  findings: Findings,
): readonly GivenParameter[] {
  // Patients come by the thousand and have rules of their own.
  if (name === 'patient') return parameters;
  const { forms }: Definition = kickOffParameters[name];
  const wrong = parameters.find(
    ({ form, value }) => value === undefined || (form !== undefined && !forms.includes(form)),
  );
  if (wrong === undefined) return parameters;
  const held =
    wrong.form === undefined ? 'has no value' : `cannot be read from ${quoted(wrong.form)}`;
  findings.reject('invalid', name, `${name} ${held}; accepted: ${forms.join(', ')}.`);
  return [];
}

/** The value of a parameter that is given at most once. */
export function singleValue(given: GivenParameters, name: KickOffParameter): string | undefined {
  return given.get(name)?.[0]?.value;
}

/** The items of a list parameter, which may be repeated, hold commas, or both; each once, in order. */
export function listedValues(given: GivenParameters, name: KickOffParameter): string[] {
  return listValues((given.get(name) ?? []).map(({ value }) => value ?? ''));
}

/** Splits comma lists, trims, and drops empty and repeated items; keeps the order. */
export function listValues(values: readonly string[]): string[] {
  const items = values.flatMap((value) => value.split(',')).map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}
