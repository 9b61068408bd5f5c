import {
  isResourceType,
  parseInstant,
  parsePartialDate,
  patientCompartmentTypes,
  repairInstant,
} from '@sluice/fhir';
import type { Level, OutputFormat } from './export.ts';
import type { Findings } from './findings.ts';
import type { GivenParameters, KickOffParameter } from './kick-off-parameters.ts';
import { quoted } from './quoted.ts';

/** A client that repeats our transactionTime must never fail, however its request was routed. */
const clockSkewMs = 60_000;

const outputFormats: ReadonlyMap<string, OutputFormat> = new Map([
  ['application/fhir+ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['ndjson', 'ndjson'],
  ['application/fhir+ndjson+gzip', 'ndjson+gzip'],
]);
const jsonFormats = new Set(['json', 'application/json', 'application/fhir+json']);

/** `_outputFormat`: how files are written; the default is NDJSON. */
export function checkOutputFormat(given: GivenParameters, findings: Findings): OutputFormat {
  const text = singleValue(given, '_outputFormat');
  const format = text === undefined ? 'ndjson' : outputFormats.get(withPlus(text));
  if (format !== undefined) return format;
  findings.rejectUnlessLenient(
    'not-supported',
    '_outputFormat',
    `_outputFormat ${quoted(text ?? '')} is not supported; accepted: ${[...outputFormats.keys()].join(', ')}.`,
    'application/fhir+ndjson was written instead.',
  );
  return 'ndjson';
}

/**
 * `_since` as UTC instant text. A value that cannot be read is a fault in both modes: without it a
 * client would get everything where it asked for the changes.
 */
export function checkSince(
  given: GivenParameters,
  now: number,
  findings: Findings,
): string | undefined {
  const text = singleValue(given, '_since');
  if (text === undefined) return undefined;
  const instant = parseInstant(repairInstant(text.trim()));
  const since = instant ?? parsePartialDate(text.trim());
  if (since === undefined) {
    const accepted = 'accepted: an instant such as 2026-01-31T09:30:00.000Z';
    findings.reject('value', '_since', `_since ${quoted(text)} is not an instant; ${accepted}.`);
  } else if (since.epochMs > now + clockSkewMs) {
    findings.reject('value', '_since', `_since ${quoted(text)} lies in the future.`);
  } else if (instant === undefined) {
    const read = `_since ${quoted(text)} is a date, not an instant; it was read as ${since.text}.`;
    findings.warn('value', '_since', read);
  }
  return since?.text;
}

/** `_type`: which types to export. Repetition and comma lists mean the same. */
export function checkTypes(
  given: GivenParameters,
  level: Level,
  findings: Findings,
): string[] | undefined {
  const parameters = given.get('_type');
  if (parameters === undefined || parameters.length === 0) return undefined;
  const names = listValues(parameters.map(({ value }) => value ?? ''));
  const types = names.filter((name) => checkType(name, level, findings));
  // Dropping every type must not end in an export of everything.
  if (types.length === 0 && (findings.lenient || names.length === 0)) {
    findings.reject('value', '_type', '_type names no type that can be exported.');
  }
  return types;
}

/** `_format` asks for the format of this answer, which is always JSON. */
export function checkFormat(given: GivenParameters, findings: Findings): void {
  const text = singleValue(given, '_format');
  if (text === undefined || jsonFormats.has(withPlus(text))) return;
  const refusal = `_format ${quoted(text)} is not supported; accepted: application/fhir+json.`;
  findings.rejectUnlessLenient('not-supported', '_format', refusal, 'It was ignored.');
}

/** Splits comma lists, trims, and drops empty and repeated items; keeps the order. */
export function listValues(values: readonly string[]): string[] {
  const items = values.flatMap((value) => value.split(',')).map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))];
}

function checkType(name: string, level: Level, findings: Findings): boolean {
  if (!isResourceType(name)) {
    const text = `_type ${quoted(name)} is not a resource type of FHIR R4 that can be exported.`;
    findings.rejectUnlessLenient('value', '_type', text, 'It was left out.');
    return false;
  }
  if (level !== 'system' && !patientCompartmentTypes.has(name)) {
    const text = `_type ${name} is outside the Patient compartment, so an export at ${level} level cannot hold it.`;
    findings.rejectUnlessLenient('not-supported', '_type', text, 'It was left out.');
    return false;
  }
  return true;
}

function singleValue(given: GivenParameters, name: KickOffParameter): string | undefined {
  return given.get(name)?.[0]?.value;
}

/** A media type whose `+` became a space in the query. */
function withPlus(text: string): string {
  return text.trim().toLowerCase().replaceAll(' ', '+');
}
