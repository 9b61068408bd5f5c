import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { load, type LoadOptions, type LoadProblem, type LoadSummary } from '@sluice/loader';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A folder of files as people have them, and a database of its own that it is loaded into. */
export class LoadedFolder {
  readonly path: string;
  readonly database: TestDatabase;

  private constructor(path: string, database: TestDatabase) {
    this.path = path;
    this.database = database;
  }

  static async create(): Promise<LoadedFolder> {
    return new LoadedFolder(await tempFolder('field'), await createDatabase());
  }

  /** Writes a file; its path. */
  async put(name: string, content: string | Buffer): Promise<string> {
    const path = join(this.path, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
    return path;
  }

  /** Loads paths, all of the folder unless given; what was reported comes as `file:line: message`. */
  async load(
    paths: readonly string[] = [this.path],
    options: Partial<LoadOptions> = {},
  ): Promise<{ summary: LoadSummary; problems: string[] }> {
    const problems: string[] = [];
    const onProblem = ({ file, line, message }: LoadProblem): void => {
      problems.push(`${this.relative(file)}:${line ?? '-'}: ${message}`);
    };
    const summary = await load({ pool: this.database.pool, paths, onProblem, ...options });
    return { summary, problems };
  }

  /** A path as it is seen from the folder. */
  relative(path: string): string {
    return path.startsWith(`${this.path}/`) ? path.slice(this.path.length + 1) : path;
  }

  /** `Type/id` of all that is stored now, sorted. */
  async keys(): Promise<string[]> {
    return [...(await this.bodies()).keys()].sort();
  }

  /** The texts of all that is stored now, by `Type/id`. */
  async bodies(): Promise<Map<string, string>> {
    const { rows } = await this.database.pool.query<{ key: string; body: string }>(
      `select type || '/' || id as key, body from sluice.current_resources`,
    );
    return new Map(rows.map(({ key, body }) => [key, body]));
  }

  /** Empties the store. */
  async clear(): Promise<void> {
    await this.database.pool.query('truncate sluice.resources');
  }

  async drop(): Promise<void> {
    await this.database.drop();
  }
}

/** A resource with this identity, as one line. */
export function lineOf(key: string, rest: object = {}): string {
  const [resourceType, id] = key.split('/');
  return `${JSON.stringify({ resourceType, id, ...rest })}\n`;
}
