import { isId, type LocalBases, parseReference } from '@sluice/fhir';
import type { Findings } from './findings.ts';
import {
  kickOffParameters,
  listValues,
  type GivenParameter,
  type GivenParameters,
} from './kick-off-parameters.ts';
import {
  defaultMaxPatients,
  type KickOffOptions,
  type KickOffRequest,
} from './kick-off-request.ts';
import { named } from './quoted.ts';

/**
 * `patient`: logical ids of the patients to export. `Patient/1`, `/Patient/1`, the same behind our
 * base, and a bare `1` are accepted, with or without a version; comma lists and repetition too.
 */
export function checkPatients(
  given: GivenParameters,
  request: KickOffRequest,
  options: KickOffOptions,
  findings: Findings,
): string[] | undefined {
  const parameters = given.get('patient');
  if (parameters === undefined) return undefined;
  if (request.level === 'system') {
    const text = 'patient belongs to exports at patient and group level; use Patient/$export.';
    findings.reject('invalid', 'patient', text);
    return undefined;
  }
  if (options.patientParamGet === 'off' && parameters.some(isOfQuery)) {
    const text =
      'patient is not accepted in a query by this server; accepted: in the body of a POST.';
    findings.reject('invalid', 'patient', text);
    return undefined;
  }
  if (!checkListed(parameters, options, findings)) return undefined;
  const texts = parameters.flatMap(textsOf);
  const bases = [options.baseUrl, ...(options.otherBases ?? [])];
  const ids = texts.map((text) => patientId(text, bases));
  const wrong = texts.filter((_, index) => ids[index] === undefined);
  if (wrong.length > 0) {
    const text = `patient must refer to patients of this server, such as Patient/123; this is not one: ${named(wrong)}.`;
    findings.rejectUnlessLenient('invalid', 'patient', text, 'It was left out.');
  }
  const patients = [...new Set(ids.filter((id) => id !== undefined))];
  checkCount(patients, wrong.length, options, findings);
  return patients;
}

/** Before any list is split: how many patients there are at most, those named twice and empty items among them. */
function checkListed(
  parameters: readonly GivenParameter[],
  { maxPatients = defaultMaxPatients }: KickOffOptions,
  findings: Findings,
): boolean {
  let listed = 0;
  for (const { value = '' } of parameters) {
    listed += 1;
    for (let at = value.indexOf(','); at !== -1; at = value.indexOf(',', at + 1)) listed += 1;
  }
  // Some may be named twice.
  if (listed <= 2 * maxPatients) return true;
  const text = `patient has ${listed} values; at most ${maxPatients} patients are accepted.`;
  findings.reject('too-costly', 'patient', text);
  return false;
}

/** In a body only what has no value has no form. */
function isOfQuery({ form, value }: GivenParameter): boolean {
  return form === undefined && value !== undefined;
}

/** An entry without a usable value stays as an empty text, which is nobody's reference. */
function textsOf({ form, value }: GivenParameter): string[] {
  const forms: readonly string[] = kickOffParameters.patient.forms;
  if (value === undefined) return [''];
  if (form === undefined) return listValues([value]);
  if (!forms.includes(form)) return [''];
  return form === 'valueString' ? listValues([value]) : [value];
}

function patientId(text: string, bases: LocalBases): string | undefined {
  if (isId(text)) return text;
  const reference = parseReference(text, bases);
  return reference?.type === 'Patient' ? reference.id : undefined;
}

function checkCount(
  patients: readonly string[],
  wrong: number,
  options: KickOffOptions,
  findings: Findings,
): void {
  const most = options.maxPatients ?? defaultMaxPatients;
  if (patients.length > most) {
    const text = `patient names ${patients.length} patients; at most ${most} are accepted.`;
    findings.reject('too-costly', 'patient', text);
  }
  // An export of nobody is not what was meant, and one of everybody even less.
  if (patients.length === 0 && (findings.lenient || wrong === 0)) {
    findings.reject('value', 'patient', 'patient names no patient.');
  }
}
