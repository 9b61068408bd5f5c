import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import { CliError, exitCodes } from '../cli-error.ts';
import { deleteExport } from '../client/follow-export.ts';
import { runExport, type ExportResult } from '../client/run-export.ts';
import { readCredentials, withCredentials, type CredentialOptions } from '../credentials.ts';
import { formatBytes, formatCount, formatDuration, formatTable } from '../format.ts';
import { catchInterruption } from '../interruption.ts';
import { list, repeated, webUrl } from '../options.ts';
import { writeJson, writeLine, writeNote } from '../output.ts';

interface ExportOptions extends CredentialOptions {
  readonly out: string;
  readonly base: string;
  readonly level: 'system' | 'patient' | 'group';
  readonly group?: string;
  readonly type?: string[];
  readonly since?: string;
  readonly until?: string;
  readonly typeFilter?: string[];
  readonly elements?: string[];
  readonly includeAssociatedData?: string[];
  readonly patient?: string[];
  readonly outputFormat?: 'ndjson' | 'gzip';
  readonly lenient?: true;
  readonly keep?: true;
  readonly delete?: true;
  readonly resume?: string;
  readonly json?: true;
}

/** `sluice export` */
export function exportCommand(): Command {
  return withCredentials(new Command('export'))
    .description('run an export on a server, download its files and verify them')
    .requiredOption('--out <dir>', 'folder for the files and manifest.json')
    .option('--base <url>', 'FHIR base of the server', webUrl, 'http://127.0.0.1:8080/fhir')
    .addOption(
      new Option('--level <level>', 'what to export')
        .choices(['system', 'patient', 'group'])
        .default('system'),
    )
    .option('--group <id>', 'id of the Group, with --level group')
    .option('--type <types>', 'resource types, with commas between them', list)
    .option('--since <instant>', 'only what changed after, e.g. 2026-01-31T00:00:00Z')
    .option('--until <instant>', 'the state as of then: nothing that came later')
    .option(
      '--type-filter <query>',
      'only what matches, e.g. "Observation?status=final"; can be given several times',
      repeated,
    )
    .option(
      '--elements <names>',
      'only these elements, e.g. id,Patient.birthDate; mandatory ones stay',
      list,
    )
    .option(
      '--include-associated-data <codes>',
      'LatestProvenanceResources, RelevantProvenanceResources, _history, _deleted',
      list,
    )
    .option(
      '--patient <ids>',
      'only these patients, with commas between them; at patient and group level',
      list,
    )
    .addOption(
      new Option('--output-format <format>', 'format of the files').choices(['ndjson', 'gzip']),
    )
    .option('--lenient', 'ignore what the server does not support, instead of failing')
    .option('--keep', 'leave the export on the server when interrupted')
    .option('--delete', 'delete the export on the server once everything is verified')
    .option('--resume <url>', 'go on with the export of this status URL', webUrl)
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Files that are in the folder already are verified and not downloaded again; broken ones go on
where they stopped.

A filter is a FHIR search of one type. Several of one type are alternatives; types without one come
whole. Characters that are special in a search, such as & and +, are percent-encoded in it.

Examples:
  sluice export --out ./export --level patient --type Patient,Observation
  sluice export --out ./export --type-filter 'Observation?category=laboratory&date=ge2026'
  sluice export --out ./export --client-id loader --key loader.jwk --base https://fhir.example/fhir
  sluice export --out ./export --resume http://127.0.0.1:8080/fhir/$export-status/…`,
    )
    .action(run);
}

async function run(options: ExportOptions): Promise<void> {
  const level = options.group === undefined ? options.level : 'group';
  if (level === 'group' && options.group === undefined && options.resume === undefined) {
    throw new CliError('--level group needs --group <id>.', exitCodes.usage);
  }
  const authorize = await readCredentials(options, options.base);
  const interruption = catchInterruption();
  try {
    const result = await runExport({
      request: {
        base: options.base,
        level,
        group: options.group,
        types: options.type,
        since: options.since,
        until: options.until,
        typeFilters: options.typeFilter,
        elements: options.elements,
        associated: options.includeAssociatedData,
        patients: options.patient,
        outputFormat: options.outputFormat,
        lenient: options.lenient,
      },
      folder: resolve(options.out),
      resume: options.resume,
      keep: options.keep ?? false,
      signal: interruption.signal,
      authorize,
      onStarted: (statusUrl) => writeNote(`Export ${statusUrl}`),
    });
    if (options.json) writeJson(result);
    else writeLine(describeExport(result, options.out));
    if (options.delete) {
      await deleteExport(result.statusUrl, authorize);
      writeNote('The export was deleted on the server.');
    }
  } finally {
    interruption.end();
  }
}

function describeExport(result: ExportResult, folder: string): string {
  const { files, exportMs, downloadMs } = result;
  const rows = new Map<string, { files: number; resources: number; bytes: number }>();
  for (const { kind, type, count, bytes } of files) {
    const name = kind === 'output' ? type : `${kind} (${type})`;
    const row = rows.get(name) ?? { files: 0, resources: 0, bytes: 0 };
    rows.set(name, {
      files: row.files + 1,
      resources: row.resources + count,
      bytes: row.bytes + bytes,
    });
  }
  const table = [...rows].map(([name, row]) => [
    name,
    formatCount(row.files),
    formatCount(row.resources),
    formatBytes(row.bytes),
  ]);
  const resources = files.reduce((sum, file) => sum + (file.kind === 'output' ? file.count : 0), 0);
  const errors = files.filter(({ kind }) => kind === 'error').length;
  return [
    formatTable([['type', 'files', 'lines', 'size'], ...table]),
    '',
    `${formatCount(resources)} resources as of ${result.transactionTime} in ${folder}; exported in ${formatDuration(exportMs)}, downloaded and verified in ${formatDuration(downloadMs)}`,
    ...(errors > 0 ? [`The server had something to say: see the ${errors} error file(s).`] : []),
  ].join('\n');
}
