import { CliError } from '../cli-error.ts';
import { ask, refusal, type Question } from './ask.ts';

/** What to export. */
export interface ExportRequest {
  readonly base: string;
  readonly level: 'system' | 'patient' | 'group';
  readonly group?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** `Type?query` each. */
  readonly typeFilters?: readonly string[] | undefined;
  readonly elements?: readonly string[] | undefined;
  readonly associated?: readonly string[] | undefined;
  readonly patients?: readonly string[] | undefined;
  readonly outputFormat?: 'ndjson' | 'gzip' | undefined;
  readonly lenient?: boolean | undefined;
}

const outputFormats = { ndjson: 'application/fhir+ndjson', gzip: 'application/fhir+ndjson+gzip' };
/** What servers and proxies take in a URL without fail; RFC 9110 asks for 8000, many allow less. */
const maxQuery = 2000;

/** Starts an export; answers its status URL. */
export async function kickOff(
  request: ExportRequest,
  options: Pick<Question, 'signal' | 'authorize'> = {},
): Promise<string> {
  const { url, question } = kickOffQuestion(request);
  const answer = await ask(url, { ...question, ...options });
  if (answer.status !== 202) throw refusal('The export was not accepted', answer);
  const location = answer.headers.get('Content-Location');
  if (location === null) throw new CliError('The server gave no Content-Location to follow.');
  return new URL(location, url).href;
}

/**
 * How the server is asked: by GET, which every one understands, or by POST if there are patients, as
 * the operation has it, or if the query would be too long for a URL.
 */
export function kickOffQuestion(request: ExportRequest): { url: string; question: Question } {
  const url = request.base + operationPath(request);
  const prefer = request.lenient ? 'respond-async, handling=lenient' : 'respond-async';
  const headers = { Accept: 'application/fhir+json', Prefer: prefer };
  const parameters = parametersOf(request);
  const query = queryOf(parameters);
  if ((request.patients?.length ?? 0) === 0 && query.length <= maxQuery) {
    return { url: url + query, question: { headers } };
  }
  return {
    url,
    question: {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/fhir+json' },
      body: JSON.stringify({ resourceType: 'Parameters', parameter: parameters.map(bodyEntry) }),
    },
  };
}

function operationPath({ level, group }: ExportRequest): string {
  switch (level) {
    case 'system':
      return '/$export';
    case 'patient':
      return '/Patient/$export';
    case 'group':
      return `/Group/${encodeURIComponent(group ?? '')}/$export`;
  }
}

interface Parameter {
  readonly name: string;
  /** The element that holds the value in a body. */
  readonly form: 'valueString' | 'valueCode' | 'valueInstant' | 'valueReference';
  readonly value: string;
}

function parametersOf(request: ExportRequest): Parameter[] {
  const { types, since, until, typeFilters, elements, associated, patients } = request;
  const format = request.outputFormat && outputFormats[request.outputFormat];
  return [
    ...listed('_type', types),
    ...(since === undefined ? [] : [parameter('_since', 'valueInstant', since)]),
    ...(until === undefined ? [] : [parameter('_until', 'valueInstant', until)]),
    ...(typeFilters ?? []).map((filter) => parameter('_typeFilter', 'valueString', filter)),
    ...listed('_elements', elements),
    ...(associated ?? []).map((code) => parameter('includeAssociatedData', 'valueCode', code)),
    ...(format === undefined ? [] : [parameter('_outputFormat', 'valueString', format)]),
    ...(patients ?? []).map((patient) =>
      parameter(
        'patient',
        'valueReference',
        patient.includes('/') ? patient : `Patient/${patient}`,
      ),
    ),
  ];
}

function parameter(name: string, form: Parameter['form'], value: string): Parameter {
  return { name, form, value };
}

/** A list with commas, which every version of the guide but the newest has. */
function listed(name: string, values: readonly string[] | undefined): Parameter[] {
  return values === undefined || values.length === 0
    ? []
    : [parameter(name, 'valueString', values.join(','))];
}

function queryOf(parameters: readonly Parameter[]): string {
  const pairs = parameters.map(({ name, value }): [string, string] => [name, value]);
  const text = new URLSearchParams(pairs).toString();
  return text === '' ? '' : `?${text}`;
}

function bodyEntry({ name, form, value }: Parameter): object {
  return { name, [form]: form === 'valueReference' ? { reference: value } : value };
}
