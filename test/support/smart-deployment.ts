import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from '@sluice/loader';
import { analyzeStore } from '@sluice/postgres';
import { Deployment } from './deployment.ts';
import type { TestService } from './service.ts';
import { bearer } from './smart-client.ts';
import { lineOf } from './stored-model.ts';
import { tempFolder } from './temp-folder.ts';
import { waitFor } from './wait-for.ts';

const at = '2026-01-01T00:00:00.000Z';
const subject = (id: string): object => ({ subject: { reference: `Patient/${id}` } });
const category = (code: string): object => ({ category: [{ coding: [{ code }] }] });

/** Ids in it are looked for in logs, so they are like nothing else. */
const lines = [
  lineOf('Patient/zebra-1', at, { active: true }),
  lineOf('Patient/zebra-2', at, { active: true }),
  lineOf('Patient/zebra-3', at, { active: false }),
  lineOf('Observation/lab-1', at, {
    ...subject('zebra-1'),
    ...category('laboratory'),
    status: 'final',
  }),
  lineOf('Observation/lab-2', at, {
    ...subject('zebra-2'),
    ...category('laboratory'),
    status: 'preliminary',
  }),
  lineOf('Observation/vital-1', at, {
    ...subject('zebra-1'),
    ...category('vital-signs'),
    status: 'final',
  }),
  lineOf('Encounter/enc-1', at, { ...subject('zebra-1'), status: 'finished' }),
  lineOf('DocumentReference/doc-1', at, {
    ...subject('zebra-1'),
    status: 'current',
    content: [{ attachment: { url: 'Binary/note-1' } }],
  }),
  lineOf('Binary/note-1', at, { contentType: 'text/plain', data: 'bm90ZQ==' }),
  lineOf('Binary/note-2', at, { contentType: 'text/plain', data: 'bm90ZQ==' }),
  lineOf('Group/one', at, {
    type: 'person',
    actual: true,
    member: [{ entity: { reference: 'Patient/zebra-1' } }],
  }),
  lineOf('Group/both', at, {
    type: 'person',
    actual: true,
    member: ['1', '2'].map((n) => ({ entity: { reference: `Patient/zebra-${n}` } })),
  }),
];

/** A token, an assertion or a key; a signature in a URL; a patient of the data above. */
const secret = /eyJ[\w-]{8,}|Bearer [\w-]{8,}|[?&]signature=|PRIVATE KEY|"d":|zebra-\d/;

/** A deployment with authorization over a handful of resources, and everything that its processes log. */
export class SmartDeployment {
  readonly deployment: Deployment;
  readonly services: TestService[] = [];
  base = '';

  private constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  /** @param more lines of further resources */
  static async create(
    env: Record<string, string> = {},
    more: readonly string[] = [],
  ): Promise<SmartDeployment> {
    const settings = {
      AUTH_MODE: 'smart',
      ALLOW_PRIVATE_JWKS: 'true',
      EXPORT_SLOTS: '100',
      HOUSEKEEPING_INTERVAL: '500ms',
      LOG_LEVEL: 'debug',
      ...env,
    };
    const created = new SmartDeployment(await Deployment.create(settings));
    const { pool } = created.deployment.database;
    const path = join(await tempFolder('lines'), 'lines.ndjson');
    await writeFile(path, `${[...lines, ...more].join('\n')}\n`);
    await load({ pool, paths: [path], stamp: false, onProblem: (problem) => fail(problem) });
    await analyzeStore(pool);
    const [base, worker] = await Promise.all([
      created.startApi(),
      created.deployment.startWorker(),
    ]);
    created.services.push(worker);
    created.base = base;
    return created;
  }

  /** Starts one more API; gives its FHIR base. */
  async startApi(env: Record<string, string> = {}): Promise<string> {
    const { api, base } = await this.deployment.startApi(env);
    this.services.push(api);
    return base;
  }

  /** Everything that was logged. */
  log(): string {
    return this.services.map((service) => service.log()).join('\n');
  }

  /** Ends it all, and fails the test file if anything secret was logged. */
  async drop(): Promise<void> {
    await this.deployment.drop();
    const log = this.log();
    const found = secret.exec(log);
    if (found !== null)
      throw new Error(`Logged: …${log.slice(Math.max(0, found.index - 300), found.index + 16)}…`);
  }
}

function fail(problem: unknown): never {
  throw new Error(JSON.stringify(problem));
}

/** Asks with a token, or without one. */
export async function askAs(
  token: string | undefined,
  url: string,
  {
    method = 'GET',
    headers = {},
  }: { readonly method?: string; readonly headers?: Record<string, string> } = {},
): Promise<Response> {
  const shown = token === undefined ? {} : bearer(token);
  return await fetch(url, { method, headers: { ...shown, ...headers } });
}

/** Kicks off with a token; gives the answer. */
export async function kickOffAs(
  token: string | undefined,
  base: string,
  path = '/$export',
  prefer = 'respond-async',
): Promise<Response> {
  const headers = { accept: 'application/fhir+json', prefer };
  return await askAs(token, base + path, { headers });
}

/** What a manifest is read for here. */
export interface Files {
  readonly transactionTime: string;
  readonly requiresAccessToken: boolean;
  readonly output: readonly {
    readonly type: string;
    readonly url: string;
    readonly count: number;
  }[];
  readonly error: readonly { readonly url: string }[];
}

/** Exports with a token, and gives the status URL and the manifest. */
export async function exportAs(
  token: string,
  base: string,
  path = '/$export',
  prefer?: string,
): Promise<{ statusUrl: string; manifest: Files }> {
  const accepted = await kickOffAs(token, base, path, prefer);
  if (accepted.status !== 202) throw new Error(`${accepted.status} ${await accepted.text()}`);
  const statusUrl = accepted.headers.get('content-location') ?? '';
  let manifest: Files | undefined;
  const isOver = async (): Promise<boolean> => {
    const answer = await askAs(token, statusUrl);
    const text = await answer.text();
    if (answer.status === 200) manifest = JSON.parse(text) as Files;
    else if (![202, 429].includes(answer.status)) throw new Error(`${answer.status} ${text}`);
    return manifest !== undefined;
  };
  await waitFor(isOver, { timeoutMs: 60_000, what: 'the export is over' });
  if (manifest === undefined) throw new Error('no manifest');
  return { statusUrl, manifest };
}

/** `Type/id` of everything in an export's output files. */
export async function keysIn(token: string | undefined, manifest: Files): Promise<string[]> {
  const keys: string[] = [];
  for (const { url } of manifest.output) {
    const answer = await askAs(token, url);
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    for (const line of (await answer.text()).trim().split('\n')) {
      const { resourceType, id } = JSON.parse(line) as { resourceType: string; id: string };
      keys.push(`${resourceType}/${id}`);
    }
  }
  return keys.sort();
}

/** `401 login`: status and the codes of its OperationOutcome. */
export async function verdictOf(answer: Response): Promise<string> {
  const text = await answer.text();
  if (answer.status < 300) return String(answer.status);
  const outcome = JSON.parse(text) as {
    resourceType?: string;
    issue?: readonly { code: string }[];
  };
  expect(outcome.resourceType).toBe('OperationOutcome');
  return [answer.status, ...new Set(outcome.issue?.map(({ code }) => code))].join(' ');
}
