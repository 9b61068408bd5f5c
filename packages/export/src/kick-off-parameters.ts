import type { Findings } from './findings.ts';
import type { KickOffRequest } from './kick-off-request.ts';
import { isJsonBody } from './media-range.ts';
import { readParametersBody, type BodyParameter } from './parameters-body.ts';
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

/** Every parameter of a kick-off that is supported. */
export const kickOffParameters = {
  _type: { list: true, forms: ['valueString', 'valueCode'] },
  _since: { forms: ['valueInstant', 'valueDateTime', 'valueString', 'valueDate'] },
  _outputFormat: { forms: ['valueString', 'valueCode'] },
  patient: { list: true, forms: ['valueReference', 'valueString', 'valueId', 'valueUri'] },
  _format: { forms: ['valueString', 'valueCode'] },
  _pretty: { forms: ['valueBoolean', 'valueString'] },
} as const satisfies Record<string, Definition>;

/** Name of a supported parameter. */
export type KickOffParameter = keyof typeof kickOffParameters;

/** Parameters that the guide or a vendor defines and this server does not support. */
const unsupported = new Set([
  '_typeFilter',
  '_elements',
  '_until',
  '_till',
  'includeAssociatedData',
  'organizeOutputBy',
  'allowPartialManifests',
  '_container',
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
  const { contentType } = request.headers;
  if (request.method === 'GET' || request.body === undefined || !isJsonBody(contentType)) return [];
  const parameters = readParametersBody(request.body);
  if (typeof parameters !== 'string') return parameters;
  findings.reject('invalid', 'Parameters', parameters);
  return [];
}

function isSupported(name: string): name is KickOffParameter {
  return Object.hasOwn(kickOffParameters, name);
}

function rejectName(name: string, findings: Findings): void {
  const text = unsupported.has(name)
    ? `The parameter ${name} is not supported by this server.`
    : `${quoted(name)} is not a parameter of this operation; accepted: ${Object.keys(kickOffParameters).join(', ')}.`;
  findings.rejectUnlessLenient('not-supported', shownName(name), text, 'It was ignored.');
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
