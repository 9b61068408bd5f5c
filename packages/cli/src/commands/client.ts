import { readFile, writeFile } from 'node:fs/promises';
import { ClientError, createKeyPair, readClient, type RegisteredClient } from '@sluice/auth';
import {
  cancelClientExports,
  countClientExports,
  findClient,
  listClients,
  putClient,
  removeClient,
  setClientDisabled,
  type Pool,
} from '@sluice/postgres';
import { Command } from 'commander';
import { CliError, exitCodes } from '../cli-error.ts';
import { formatTable } from '../format.ts';
import { withStore } from '../open-database.ts';
import { dataDirOption, list, wholeNumber } from '../options.ts';
import { writeJson, writeLine } from '../output.ts';
import type { Environment } from '../settings.ts';

interface StoreOptions {
  readonly dataDir: string;
}

interface AddOptions extends StoreOptions {
  readonly jwks?: string;
  readonly newKey?: string;
  readonly scopes?: string;
  readonly groups?: string[];
  readonly patients?: string[];
  readonly slots?: number;
}

interface RemoveOptions extends StoreOptions {
  readonly cancelExports?: boolean;
}

/** `sluice client` */
export function clientCommand(environment: Environment): Command {
  const work = async <T>({ dataDir }: StoreOptions, run: (pool: Pool) => Promise<T>): Promise<T> =>
    await withStore({ environment, dataDir, purpose: 'client' }, run);
  const sub = (name: string, description: string): Command =>
    new Command(name).description(description).addOption(dataDirOption());

  const add = sub('add', 'register a client, or describe one anew')
    .argument('<id>', 'id of the client')
    .option('--jwks <file|url>', 'its public keys: a file that is stored, or a URL that is fetched')
    .option('--new-key <file>', 'make it a key pair, and write the private key to a file')
    .option('--scopes <scopes>', 'what it may be granted, with spaces or commas in between')
    .option(
      '--groups <ids>',
      'Groups whose members’ data it may have, and nothing else (default: all)',
      list,
    )
    .option('--patients <ids>', 'patients whose data it may have (default: all)', list)
    .option('--slots <n>', 'exports it may have active at once', wholeNumber(1, 1000))
    .addHelpText(
      'after',
      `
Takes effect at once, also on running servers (AUTH_MODE=smart).

Examples:
  sluice client add loader --jwks https://loader.example/jwks.json
  sluice client add loader --new-key loader.jwk --scopes "system/Patient.rs system/Observation.rs"`,
    )
    .action(async (id: string, options: AddOptions) => {
      const client = await describe(id, options);
      if (!(await work(options, (pool) => putClient(pool, client)))) throw ofFile(id);
      writeLine(`Client ${id} is registered for ${client.scopes.join(' ')}.`);
    });

  const show = sub('show', 'print what is registered of a client, as JSON')
    .argument('<id>')
    .action(async (id: string, options: StoreOptions) => {
      const found = await work(options, (pool) => findClient(pool, id));
      if (found === undefined) throw unknown(id);
      writeJson(found);
    });

  const listed = sub('list', 'list the clients')
    .option('--json', 'print them as JSON')
    .action(async (options: StoreOptions & { readonly json?: true }) => {
      const clients = await work(options, listClients);
      if (options.json) writeJson(clients);
      else if (clients.length === 0) writeLine('There are no clients.');
      else {
        const rows = clients.map(({ id, disabled, origin, scopes }) => [
          id,
          disabled ? 'disabled' : 'enabled',
          origin,
          scopes.join(' '),
        ]);
        writeLine(formatTable([['id', 'state', 'from', 'scopes'], ...rows]));
      }
    });

  const toggle = (name: string, description: string, disabled: boolean): Command =>
    sub(name, description)
      .argument('<id>')
      .action(async (id: string, options: StoreOptions) => {
        await change(options, id, (pool) => setClientDisabled(pool, id, disabled));
        writeLine(`Client ${id} is ${disabled ? 'disabled' : 'enabled'}.`);
      });

  const remove = sub('remove', 'forget a client; its tokens are no longer accepted')
    .argument('<id>')
    .option('--cancel-exports', 'cancel its exports as well, also those of a client removed before')
    .addHelpText(
      'after',
      `
Without --cancel-exports its exports go on and their files stay until they expire, but no client can read them: not
even one that is registered under the same id later. URLs with a signature work until they end.`,
    )
    .action(async (id: string, options: RemoveOptions) => {
      const lines = await work(options, (pool) => forget(pool, id, options));
      for (const line of lines) writeLine(line);
    });

  const change = async (
    options: StoreOptions,
    id: string,
    run: (pool: Pool) => Promise<boolean>,
  ): Promise<void> => {
    await work(options, async (pool) => {
      if (await run(pool)) return;
      throw (await findClient(pool, id)) === undefined ? unknown(id) : ofFile(id);
    });
  };

  const command = new Command('client')
    .description('register clients that get tokens here')
    .addHelpText('after', '\nExample:\n  sluice client add loader --jwks loader-public.json');
  for (const each of [
    add,
    listed,
    show,
    toggle('disable', 'give a client no tokens, and believe none that it has', true),
    toggle('enable', 'let a client in again', false),
    remove,
  ]) {
    command.addCommand(each.exitOverride());
  }
  return command;
}

/** Removes a client, and says what becomes of its exports. */
async function forget(
  pool: Pool,
  id: string,
  { cancelExports = false }: RemoveOptions,
): Promise<string[]> {
  const isRemoved = await removeClient(pool, id);
  if (!isRemoved && (await findClient(pool, id)) !== undefined) throw ofFile(id);
  const removed = isRemoved ? [`Client ${id} is removed.`] : [];
  if (cancelExports) {
    const cancelled = await cancelClientExports(pool, id, { subject: 'sluice client remove' });
    if (!isRemoved && cancelled === 0) throw unknown(id);
    return [...removed, `${cancelled} of its exports cancelled; their files are being removed.`];
  }
  if (!isRemoved) throw unknown(id);
  const { active, completed, expiresAt } = await countClientExports(pool, id);
  if (active + completed === 0) return removed;
  const until =
    expiresAt === undefined ? '' : `, at the latest ${expiresAt} unless downloads go on`;
  return [
    ...removed,
    `It leaves ${active} unfinished and ${completed} completed exports, which no client can read any more.`,
    `Their files, and URLs that were signed for them, last until they expire${until}.`,
    `To end them now: sluice client remove ${id} --cancel-exports`,
  ];
}

async function describe(id: string, options: AddOptions): Promise<RegisteredClient> {
  const { jwks, newKey, scopes, groups, patients, slots } = options;
  if ((jwks === undefined) === (newKey === undefined)) {
    throw new CliError('A client needs either --jwks or --new-key.', exitCodes.usage);
  }
  const keys = jwks === undefined ? await makeKey(newKey ?? '') : await keysOf(jwks);
  try {
    return readClient({ id, ...keys, scopes, groups, patients, slots });
  } catch (error) {
    if (error instanceof ClientError) throw new CliError(error.message, exitCodes.usage);
    throw error;
  }
}

async function keysOf(jwks: string): Promise<{ jwks: unknown } | { jwksUrl: string }> {
  if (/^https?:\/\//.test(jwks)) return { jwksUrl: jwks };
  try {
    const value = JSON.parse(await readFile(jwks, 'utf8')) as { keys?: unknown };
    return { jwks: Array.isArray(value.keys) ? value : { keys: [value] } };
  } catch (cause) {
    throw new CliError(`${jwks} cannot be read as a key set`, exitCodes.usage, { cause });
  }
}

async function makeKey(path: string): Promise<{ jwks: unknown }> {
  const { privateKey, publicKey } = await createKeyPair();
  // Never over a key that is there.
  await writeFile(path, `${JSON.stringify(privateKey, undefined, 2)}\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  return { jwks: { keys: [publicKey] } };
}

function unknown(id: string): CliError {
  return new CliError(`There is no client ${id}.`);
}

function ofFile(id: string): CliError {
  return new CliError(`Client ${id} is described in CLIENTS_FILE; change it there.`);
}
