import { readDeployment, renewDeploymentId } from '@sluice/postgres';
import { readSettings, type Deployment, type Place } from '@sluice/runtime';
import { createOutputStore, describeStorage, StoragePlace } from '@sluice/storage';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { withStore } from '../open-database.ts';
import { dataDirOption } from '../options.ts';
import { writeLine } from '../output.ts';
import type { Environment } from '../settings.ts';

interface ClaimOptions {
  readonly dataDir: string;
  readonly newId?: true;
}

/** `sluice claim` */
export function claimCommand(environment: Environment): Command {
  return new Command('claim')
    .description(
      'let this database’s deployment have the Redis and the storage that the environment names',
    )
    .addOption(dataDirOption())
    .option(
      '--new-id',
      'first make this database a deployment of its own: it is a copy of one that goes on',
    )
    .addHelpText(
      'after',
      `
A Redis prefix and a storage belong to one deployment, and processes of another do not start with them. Use this
only when the other one is no longer in use: processes of it that run would remove what this one has there.

Example:
  DATABASE_URL=postgres://… REDIS_URL=redis://… FILE_STORAGE_DIR=/srv/exports sluice claim`,
    )
    .action((options: ClaimOptions) => claim(options, environment));
}

async function claim({ dataDir, newId }: ClaimOptions, environment: Environment): Promise<void> {
  const own = await withStore({ environment, dataDir, purpose: 'claim' }, async (pool) => {
    if (newId) await renewDeploymentId(pool);
    return await readDeployment(pool);
  });
  writeLine(`This is deployment ${own.id} (database "${own.database}").`);
  const places = [claimRedis, claimStorage];
  const claimed = await Promise.all(places.map((place) => place(environment, own)));
  if (!claimed.some(Boolean)) {
    throw new CliError('Nothing to claim: the environment names neither a Redis nor a storage.');
  }
}

async function claimRedis(environment: Environment, own: Deployment): Promise<boolean> {
  if (environment['REDIS_URL'] === undefined) return false;
  // Not loaded by other commands, which would start later for it.
  const { createQueue } = await import('@sluice/queue');
  const settings = readSettings(['REDIS_URL', 'REDIS_PREFIX'], environment);
  const queue = createQueue({ redisUrl: settings.REDIS_URL, prefix: settings.REDIS_PREFIX });
  try {
    await queue.ping();
    await takeOver(queue.place, own);
  } finally {
    await queue.close();
  }
  return true;
}

async function claimStorage(environment: Environment, own: Deployment): Promise<boolean> {
  const named = ['FILE_STORAGE_DIR', 'BOX_FHIR_BULK_STORAGE_PROVIDER'];
  if (named.every((name) => environment[name] === undefined)) return false;
  const description = describeStorage(environment);
  await takeOver(new StoragePlace(await createOutputStore(description), description), own);
  return true;
}

async function takeOver(place: Place, own: Deployment): Promise<void> {
  const before = await place.takeOver(own);
  const how =
    before === undefined ? 'was nobody’s' : `was ${before.id}’s (database "${before.database}")`;
  writeLine(
    before?.id === own.id
      ? `${place.name} is its already.`
      : `${place.name} ${how}, and is its now.`,
  );
}
