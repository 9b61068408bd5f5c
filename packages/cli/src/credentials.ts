import { readFile } from 'node:fs/promises';
import { readPrivateKey } from '@sluice/auth';
import { Option, type Command } from 'commander';
import { CliError, exitCodes } from './cli-error.ts';
import { authorizeBy, type Authorize } from './client/token-source.ts';

/** The options by which a command shows a server who is asking. */
export interface CredentialOptions {
  readonly clientId?: string;
  readonly key?: string;
  readonly scope: string;
}

/** Adds `--client-id`, `--key` and `--scope` to a command. */
export function withCredentials(command: Command): Command {
  return command
    .option('--client-id <id>', 'id that the server knows this client by; goes with --key')
    .option('--key <file>', 'private key of this client: a JWK with a kid')
    .addOption(new Option('--scope <scopes>', 'what to ask tokens for').default('system/*.rs'));
}

/** How requests to the server at a base are to be authorized; `undefined` without credentials. */
export async function readCredentials(
  { clientId, key, scope }: CredentialOptions,
  base: string,
): Promise<Authorize | undefined> {
  if (clientId === undefined && key === undefined) return undefined;
  if (clientId === undefined || key === undefined) {
    throw new CliError('--client-id and --key belong together.', exitCodes.usage);
  }
  try {
    const privateKey = readPrivateKey(await readFile(key, 'utf8'));
    return authorizeBy({ base, clientId, key: privateKey, scope });
  } catch (cause) {
    throw new CliError(`${key} is not a private key`, exitCodes.usage, { cause });
  }
}

/** The FHIR base of a status URL. */
export function baseOf(statusUrl: string): string {
  return statusUrl.replace(/\/(\$|%24)export-status\/.*$/, '');
}
