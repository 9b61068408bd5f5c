import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compartmentPatients, spliceMeta } from '@sluice/fhir';
import { writeResources } from '@sluice/postgres';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { startService, type TestService } from '../support/service.ts';

/** An answer as it came over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
}

/** A request in full: nothing is added to it, so that what is absent stays absent. */
export interface Question {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** Loopback address it comes from. */
  readonly localAddress?: string;
}

/** What the manifest and OperationOutcomes are read with. */
export interface Outcome {
  readonly resourceType: string;
  readonly issue: readonly {
    readonly severity: string;
    readonly code: string;
    readonly details: { readonly text: string };
    readonly expression?: readonly string[];
  }[];
}

/** Headers of a kick-off that is in order. */
export const kickOffHeaders = { accept: 'application/fhir+json', prefer: 'respond-async' };

/** Asks; `url` goes out as it is written. */
export async function ask(url: string, question: Question = {}): Promise<Answer> {
  const at = url.indexOf('/', 'http://'.length);
  const { hostname, port } = new URL(url.slice(0, at));
  return await new Promise((resolve, reject) => {
    const { method = 'GET', headers = {} } = question;
    const path = url.slice(at);
    const from = question.localAddress === undefined ? {} : { localAddress: question.localAddress };
    const req = httpRequest({ hostname, port, path, method, headers, agent, ...from }, (res) => {
      const blocks: Buffer[] = [];
      res.on('data', (block: Buffer) => blocks.push(block));
      res.on('error', reject);
      res.on('end', () => {
        const body = Buffer.concat(blocks);
        resolve({ status: res.statusCode ?? 0, headers: res.headers, body, text: body.toString() });
      });
    });
    req.on('error', reject);
    req.end(question.body);
  });
}

const agent = new Agent({ keepAlive: true });

/** The OperationOutcome of an answer; fails when it is anything else. */
export function outcomeOf(answer: Answer): Outcome {
  expect(answer.headers['content-type']).toBe('application/fhir+json');
  const outcome = JSON.parse(answer.text) as Outcome;
  expect(outcome.resourceType).toBe('OperationOutcome');
  expect(outcome.issue.length).toBeGreaterThan(0);
  return outcome;
}

/** `404 not-found`: status and issue codes, each once. */
export function verdict(answer: Answer): string {
  if (answer.status < 300) return String(answer.status);
  const codes = new Set(outcomeOf(answer).issue.map(({ code }) => code));
  return [answer.status, ...codes].join(' ');
}

/** A resource to be stored. */
export interface TestResource {
  readonly resourceType: string;
  readonly id: string;
  readonly [element: string]: unknown;
}

/** What a writer may know of a resource and these tests do not need. */
const nothingKnown = {
  versionId: undefined,
  lastUpdated: undefined,
  patients: [],
  supporting: [],
  targets: [],
  recorded: undefined,
};

/** A database, a folder, and API processes over them. */
export class ApiStack {
  readonly database: TestDatabase;
  readonly files: string;
  readonly env: Record<string, string>;
  readonly #services: TestService[] = [];

  private constructor(database: TestDatabase, files: string) {
    this.database = database;
    this.files = files;
    this.env = {
      DATABASE_URL: database.serviceUrl,
      REDIS_URL: process.env['REDIS_URL'] ?? '',
      REDIS_PREFIX: `test-${randomUUID()}`,
      FILE_STORAGE_DIR: files,
    };
  }

  static async create(): Promise<ApiStack> {
    return new ApiStack(await createDatabase(), await mkdtemp(join(tmpdir(), 'sluice-api-')));
  }

  /** Starts one more API process; answers its FHIR base. */
  async start(env: Record<string, string> = {}): Promise<string> {
    const service = await startService('api', { ...this.env, ...env });
    this.#services.push(service);
    return `${service.url}/fhir`;
  }

  /** Stores resources as a writer would. */
  async store(...resources: TestResource[]): Promise<void> {
    await writeResources(
      this.database.pool,
      resources.map((resource, line) => {
        const bytes = Buffer.from(JSON.stringify(resource));
        const { head, tail, splice } = spliceMeta(bytes, { stamp: true });
        const { resourceType: type, id } = resource;
        const patients = compartmentPatients(resource);
        return { ...nothingKnown, line, type, id, deleted: false, head, tail, splice, patients };
      }),
    );
  }

  /** Deletes a resource as a writer would. */
  async remove(type: string, id: string): Promise<void> {
    const head = Buffer.alloc(0);
    await writeResources(this.database.pool, [
      { ...nothingKnown, line: 0, type, id, deleted: true, head, tail: undefined, splice: 'none' },
    ]);
  }

  /** Ends every active export, as if its time were over, without telling Redis. */
  async failAll(): Promise<void> {
    await this.database.pool.query(
      `update sluice.exports set state = 'failed', ended_at = now(),
              failure = '{"severity":"error","code":"timeout","text":"No progress."}'
        where state in ('accepted','planning','running')`,
    );
  }

  async countExports(): Promise<number> {
    const { rows } = await this.database.pool.query<{ n: number }>(
      'select count(*)::int as n from sluice.exports',
    );
    return rows[0]?.n ?? 0;
  }

  async drop(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
    await this.database.drop();
    await rm(this.files, { recursive: true });
  }
}

/** Kicks off and answers the status URL; fails unless it was accepted. */
export async function begin(base: string, path = '/$export'): Promise<string> {
  const answer = await ask(base + path, { headers: kickOffHeaders });
  expect([answer.status, answer.text]).toEqual([202, '']);
  return answer.headers['content-location'] ?? '';
}

/** Deletes an export; fails unless it was there. */
export async function end(statusUrl: string): Promise<void> {
  expect((await ask(statusUrl, { method: 'DELETE' })).status).toBe(202);
}
