import type { OutputFormat } from './export.ts';
import type { Findings } from './findings.ts';
import { singleValue, type GivenParameters } from './kick-off-parameters.ts';
import { quoted } from './quoted.ts';

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

/** `_format` asks for the format of this answer, which is always JSON. */
export function checkFormat(given: GivenParameters, findings: Findings): void {
  const text = singleValue(given, '_format');
  if (text === undefined || jsonFormats.has(withPlus(text))) return;
  const refusal = `_format ${quoted(text)} is not supported; accepted: application/fhir+json.`;
  findings.rejectUnlessLenient('not-supported', '_format', refusal, 'It was ignored.');
}

/** `allowPartialManifests`: there are none, which is what `false` asks for. */
export function checkPartialManifests(given: GivenParameters, findings: Findings): void {
  const name = 'allowPartialManifests';
  const text = singleValue(given, name)?.trim();
  if (text === undefined || text === 'false') return;
  const remedy = 'There is one manifest, once the export is complete.';
  if (text === 'true') {
    const refusal = `${name} is not supported by this server; accepted: false.`;
    findings.rejectUnlessLenient('not-supported', name, refusal, remedy);
  } else {
    const refusal = `${name} ${quoted(text)} is not a boolean; accepted: false.`;
    findings.rejectUnlessLenient('value', name, refusal, remedy);
  }
}

/** A media type whose `+` became a space in the query. */
function withPlus(text: string): string {
  return text.trim().toLowerCase().replaceAll(' ', '+');
}
