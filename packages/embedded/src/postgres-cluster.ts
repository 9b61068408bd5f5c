import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, readFileSync } from 'node:fs';
import { readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { makeFolderOf, type PostgresHome } from './postgres-home.ts';
import type { ServerUser } from './server-user.ts';

/** The role and the database that Sluice uses. */
export const databaseName = 'sluice';

/**
 * Makes the cluster where there is none. It is made beside its place and moved there when it is
 * complete, so that a crash half-way leaves nothing that the next start takes for a cluster.
 */
export async function makeCluster(
  { initdb, postgres, major }: PostgresBinaries,
  { folder, user }: PostgresHome,
  password: string,
): Promise<void> {
  const parent = dirname(folder);
  const prefix = `${basename(folder)}.new-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(prefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
  if (isCluster(folder, major)) return;
  if (existsSync(folder)) await rename(folder, `${folder}.broken-${Date.now()}`);

  const unfinished = join(parent, `${prefix}${process.pid}`);
  const data = join(unfinished, 'data');
  const passwordFile = join(unfinished, 'password');
  makeFolderOf(user, unfinished);
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  const options = `--username=${databaseName} --auth=scram-sha-256 --encoding=UTF8 --locale=C --locale-provider=builtin --builtin-locale=C.UTF-8`;
  await runAs(user, initdb, ['-D', data, `--pwfile=${passwordFile}`, ...options.split(' ')]);
  await runStatement(postgres, { folder: data, user }, `create database ${databaseName}`);
  await rename(data, folder);
  await rm(unfinished, { recursive: true });
}

/** Gives the role another password; no server may be running. */
export async function setPassword(
  { postgres }: PostgresBinaries,
  home: PostgresHome,
  password: string,
): Promise<void> {
  await runStatement(postgres, home, `alter role ${databaseName} password '${password}'`);
}

function isCluster(folder: string, major: string): boolean {
  if (!existsSync(join(folder, 'global', 'pg_control'))) return false;
  const found = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  if (found === major) return true;
  throw new Error(`${folder} was made by Postgres ${found}; this is Postgres ${major}`);
}

/** Runs one statement without a server. */
async function runStatement(program: string, home: PostgresHome, sql: string): Promise<void> {
  const args = ['--single', '-D', home.folder, 'postgres'];
  const output = await runAs(home.user, program, args, `${sql}\n`);
  if (/\b(ERROR|FATAL|PANIC):/.test(output)) throw new Error(`"${sql}" failed: ${output}`);
}

async function runAs(
  user: ServerUser | undefined,
  program: string,
  args: readonly string[],
  input = '',
): Promise<string> {
  const child = spawn(program, args, { cwd: '/', ...user });
  child.stdin.on('error', () => undefined).end(input);
  const closed = once(child, 'close') as Promise<[number | null]>;
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed]);
  const output = `${out}${err}`.trim();
  if (code !== 0) throw new Error(`${basename(program)} failed (${code}): ${output.slice(-2000)}`);
  return output;
}
