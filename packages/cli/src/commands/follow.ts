import { Command } from 'commander';
import { completedOf, deleteExport } from '../client/follow-export.ts';
import { ask } from '../client/ask.ts';
import {
  baseOf,
  readCredentials,
  withCredentials,
  type CredentialOptions,
} from '../credentials.ts';
import { formatCount } from '../format.ts';
import { webUrl } from '../options.ts';
import { writeJson, writeLine } from '../output.ts';

/** `sluice status` */
export function statusCommand(): Command {
  return withCredentials(new Command('status'))
    .description('say how far an export is')
    .argument('<url>', 'status URL of the export', webUrl)
    .option('--json', 'print the manifest, or the progress, as JSON')
    .addHelpText('after', `\nExample:\n  sluice status http://127.0.0.1:8080/fhir/$export-status/…`)
    .action(status);
}

/** `sluice cancel` */
export function cancelCommand(): Command {
  return withCredentials(new Command('cancel'))
    .description('cancel an export, or delete the files of one that is over')
    .argument('<url>', 'status URL of the export', webUrl)
    .addHelpText('after', `\nExample:\n  sluice cancel http://127.0.0.1:8080/fhir/$export-status/…`)
    .action(async (url: string, options: CredentialOptions) => {
      await deleteExport(url, await readCredentials(options, baseOf(url)));
      writeLine('The export was cancelled.');
    });
}

async function status(
  url: string,
  options: CredentialOptions & { readonly json?: true },
): Promise<void> {
  const authorize = await readCredentials(options, baseOf(url));
  const answer = await ask(url, { authorize });
  const completed = completedOf(answer);
  const progress = answer.headers.get('X-Progress') ?? '';
  if (options.json) {
    writeJson(completed?.manifest ?? { progress });
    return;
  }
  if (completed === undefined) {
    writeLine(`In progress: ${progress === '' ? 'nothing more is known' : progress}`);
    return;
  }
  const { output, transactionTime } = completed.manifest;
  const count = output.reduce((sum, item) => sum + (item.count ?? 0), 0);
  writeLine(
    `Completed: ${formatCount(count)} resources in ${formatCount(output.length)} files as of ${transactionTime}`,
  );
}
