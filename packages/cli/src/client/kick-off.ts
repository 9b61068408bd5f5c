import { CliError } from '../cli-error.ts';
import { ask, refusal } from './ask.ts';

/** What to export. */
export interface ExportRequest {
  readonly base: string;
  readonly level: 'system' | 'patient' | 'group';
  readonly group?: string | undefined;
  readonly types?: readonly string[] | undefined;
  readonly since?: string | undefined;
  readonly patients?: readonly string[] | undefined;
  readonly outputFormat?: 'ndjson' | 'gzip' | undefined;
  readonly lenient?: boolean | undefined;
}

const outputFormats = { ndjson: 'application/fhir+ndjson', gzip: 'application/fhir+ndjson+gzip' };

/** Starts an export; answers its status URL. `patient` goes by POST, as the operation has it. */
export async function kickOff(request: ExportRequest, signal?: AbortSignal): Promise<string> {
  const url = request.base + operationPath(request);
  const byPost = (request.patients?.length ?? 0) > 0;
  const prefer = request.lenient ? 'respond-async, handling=lenient' : 'respond-async';
  const headers = { Accept: 'application/fhir+json', Prefer: prefer };
  const answer = byPost
    ? await ask(url, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/fhir+json' },
        body: JSON.stringify(parametersOf(request)),
        signal,
      })
    : await ask(`${url}${queryOf(request)}`, { headers, signal });
  if (answer.status !== 202) throw refusal('The export was not accepted', answer);
  const location = answer.headers.get('Content-Location');
  if (location === null) throw new CliError('The server gave no Content-Location to follow.');
  return new URL(location, url).href;
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

function queryOf({ types, since, outputFormat }: ExportRequest): string {
  const query = new URLSearchParams();
  if (types !== undefined && types.length > 0) query.set('_type', types.join(','));
  if (since !== undefined) query.set('_since', since);
  if (outputFormat !== undefined) query.set('_outputFormat', outputFormats[outputFormat]);
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

function parametersOf({ types, since, outputFormat, patients }: ExportRequest): object {
  const parameter: object[] = [];
  if (types !== undefined && types.length > 0) {
    parameter.push({ name: '_type', valueString: types.join(',') });
  }
  if (since !== undefined) parameter.push({ name: '_since', valueInstant: since });
  if (outputFormat !== undefined) {
    parameter.push({ name: '_outputFormat', valueString: outputFormats[outputFormat] });
  }
  for (const patient of patients ?? []) {
    const reference = patient.includes('/') ? patient : `Patient/${patient}`;
    parameter.push({ name: 'patient', valueReference: { reference } });
  }
  return { resourceType: 'Parameters', parameter };
}
