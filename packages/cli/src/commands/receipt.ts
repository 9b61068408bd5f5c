import { auditEventResource, type AuditEvent, type ExportSummary } from '@sluice/export';
import { findExport, listEvents } from '@sluice/postgres';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { formatCount, formatTable } from '../format.ts';
import { withStore } from '../open-database.ts';
import { dataDirOption } from '../options.ts';
import { writeJson, writeLine } from '../output.ts';
import type { Environment } from '../settings.ts';

interface ReceiptOptions {
  readonly dataDir: string;
  readonly json?: true;
  readonly fhir?: true;
}

/** `sluice receipt` */
export function receiptCommand(environment: Environment): Command {
  return new Command('receipt')
    .description('say who got what of an export: types, resources, patients, files and when')
    .argument('<id>', 'id of the export')
    .addOption(dataDirOption())
    .option('--json', 'print the record as JSON')
    .option('--fhir', 'print the record as FHIR AuditEvents, one a line')
    .addHelpText(
      'after',
      `
The record of an export stays when its files are gone.

Example:
  sluice receipt 4b1c1f0e-0f5e-4c0e-9d0b-0a3f1c0a7e55`,
    )
    .action(async (id: string, options: ReceiptOptions) => {
      const { dataDir } = options;
      await withStore({ environment, dataDir, purpose: 'receipt' }, async (pool) => {
        const found = await findExport(pool, id);
        if (found === undefined) throw new CliError('There is no such export.');
        const events = await listEvents(pool, id);
        if (options.json) writeJson({ export: found, events });
        else if (options.fhir) {
          for (const event of events) writeLine(JSON.stringify(auditEventResource(event)));
        } else writeLine(describeReceipt(found, events));
      });
    });
}

/** The receipt as text: facts of the export, then what happened to it. */
export function describeReceipt(found: ExportSummary, events: readonly AuditEvent[]): string {
  const { resources, patients } = completion(events);
  const types = Object.entries(resources).sort(([a], [b]) => (a < b ? -1 : 1));
  const { kickOff, subject, client, state, requestedAt, transactionTime } = found;
  const level = kickOff.groupId === undefined ? kickOff.level : `Group/${kickOff.groupId}`;
  return [
    formatTable([
      ['export', found.id],
      ['state', state],
      ['level', level],
      ['subject', subject],
      ['client', client ?? '-'],
      ['requested', requestedAt],
      ['data as of', transactionTime],
      ['patients', patients === null ? 'not counted' : formatCount(patients)],
    ]),
    '',
    formatTable([['type', 'resources'], ...types.map(([type, n]) => [type, formatCount(n)])]),
    '',
    formatTable([
      ['when', 'what', 'who', 'from', 'detail'],
      ...events.map(({ at, action, succeeded, subject: who, address, detail }) => [
        at,
        succeeded ? action : `${action} (refused)`,
        who ?? '-',
        address ?? '-',
        textOf(detail?.['file'] ?? detail?.['reason']),
      ]),
    ]),
  ].join('\n');
}

function completion(events: readonly AuditEvent[]): {
  resources: Record<string, number>;
  patients: number | null;
} {
  const { detail = {} } = events.find(({ action }) => action === 'complete') ?? {};
  return {
    resources: (detail['resources'] ?? {}) as Record<string, number>,
    patients: (detail['patients'] ?? null) as number | null,
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
