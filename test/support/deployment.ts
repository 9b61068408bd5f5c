import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createDatabase, type TestDatabase } from './database.ts';
import { testRedis } from './redis.ts';
import { startService, type StartOptions, type TestService } from './service.ts';

/** A whole Sluice of a test's own: database, Redis prefix, folder of files, processes. */
export class Deployment {
  readonly database: TestDatabase;
  /** FILE_STORAGE_DIR. */
  readonly files: string;
  readonly env: Readonly<Record<string, string>>;
  readonly redis: Redis;
  readonly #services = new Set<TestService>();

  private constructor(database: TestDatabase, files: string, env: Record<string, string>) {
    const { redisUrl, prefix } = testRedis();
    this.database = database;
    this.files = files;
    this.env = {
      DATABASE_URL: database.serviceUrl,
      REDIS_URL: redisUrl,
      REDIS_PREFIX: prefix,
      BOX_FHIR_BULK_STORAGE_PROVIDER: 'file',
      FILE_STORAGE_DIR: files,
      ...env,
    };
    this.redis = new Redis(redisUrl);
  }

  static async create(env: Record<string, string> = {}): Promise<Deployment> {
    const files = await mkdtemp(join(tmpdir(), 'sluice-files-'));
    return new Deployment(await createDatabase(), files, env);
  }

  /** Starts an API; gives it and its FHIR base. */
  async startApi(
    env: Record<string, string> = {},
    options: StartOptions = {},
  ): Promise<{ api: TestService; base: string }> {
    const api = await this.#start('api', env, options);
    return { api, base: api.baseUrl };
  }

  async startWorker(
    env: Record<string, string> = {},
    options: StartOptions = {},
  ): Promise<TestService> {
    return await this.#start('worker', env, options);
  }

  async #start(
    name: 'api' | 'worker',
    env: Record<string, string>,
    options: StartOptions = {},
  ): Promise<TestService> {
    const service = await startService(name, { ...this.env, ...env }, options);
    this.#services.add(service);
    return service;
  }

  /** Rows of a statement. */
  async query<T extends object>(text: string, values: unknown[] = []): Promise<T[]> {
    return (await this.database.pool.query<T>(text, values)).rows;
  }

  /** State of an export. */
  async stateOf(exportId: string): Promise<string | undefined> {
    const rows = await this.query<{ state: string }>(
      'select state from sluice.exports where id = $1',
      [exportId],
    );
    return rows[0]?.state;
  }

  /** What lies in the folder of an export, temporaries too; `undefined` when there is no folder. */
  async listFolder(exportId: string): Promise<string[] | undefined> {
    const folder = (await readdir(this.files)).find((name) => name.endsWith(`_${exportId}`));
    if (folder === undefined) return undefined;
    try {
      return (await readdir(join(this.files, folder))).sort();
    } catch (error) {
      // It may be removed between the two looks.
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** The COPY statements that workers have under way. */
  async countCopies(): Promise<number> {
    const rows = await this.query<{ n: number }>(
      `select count(*)::int as n from pg_stat_progress_copy
        where datname = current_database() and command = 'COPY TO'`,
    );
    return rows[0]?.n ?? 0;
  }

  /** Deletes keys of this deployment, by default all of them, as a Redis that lost its memory would. */
  async forgetRedis(names = '*'): Promise<void> {
    const keys = await this.redis.keys(`${this.env['REDIS_PREFIX'] ?? ''}:${names}`);
    if (keys.length > 0) await this.redis.del(...keys);
  }

  async drop(): Promise<void> {
    await Promise.all([...this.#services].map((service) => service.stop()));
    await this.forgetRedis();
    this.redis.disconnect();
    await this.database.drop();
    await rm(this.files, { recursive: true, force: true });
  }
}
