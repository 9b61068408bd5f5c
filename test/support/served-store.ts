import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from '@sluice/loader';
import { analyzeStore } from '@sluice/postgres';
import { Deployment } from './deployment.ts';
import type { TestService } from './service.ts';
import { keyOf, samplesOf, StoredModel } from './stored-model.ts';
import {
  readLines,
  readSample,
  readSamples,
  syntheaFolder,
  writeSmallData,
  type Sample,
} from './synthea.ts';
import { tempFolder } from './temp-folder.ts';

/** The Synthea data, or small data of the same make where it is absent. */
export async function readAcceptanceData(): Promise<Sample[]> {
  return readSamples(await acceptanceFolder());
}

/** Of this data that of the patients with the lowest ids, and what is about no patient; no Groups. */
export async function readFirstPatients(count: number): Promise<Sample[]> {
  const lines = readLines(await acceptanceFolder(count));
  const ids = lines.flatMap(
    (line) => /^\{"resourceType":"Patient","id":"([\w.-]+)"/.exec(line)?.[1] ?? [],
  );
  const kept = new Set(ids.sort().slice(0, count));
  const isKept = (line: string): boolean =>
    !line.startsWith('{"resourceType":"Group"') &&
    [...line.matchAll(/"Patient","id":"([\w.-]+)"|"Patient\\?\/([\w.-]+)"/g)].every(
      ([, own, other]) => kept.has(own ?? other ?? ''),
    );
  return lines.filter(isKept).map(readSample);
}

/** Folder of that data. @param count patients of the small data */
export async function acceptanceFolder(count?: number): Promise<string> {
  const given = syntheaFolder();
  if (given !== undefined) return given;
  const folder = await tempFolder('small');
  await writeSmallData(folder, count);
  return folder;
}

/** A deployment with an API and a worker over data that the test keeps count of. */
export class ServedStore {
  readonly model = new StoredModel();
  readonly deployment: Deployment;
  /** FHIR base. */
  base = '';
  #services: TestService[] = [];

  private constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  static async create(
    samples: readonly Sample[],
    env: Record<string, string> = {},
  ): Promise<ServedStore> {
    const settings = { PART_RESOURCES: '3000', HOUSEKEEPING_INTERVAL: '500ms', ...env };
    const served = new ServedStore(await Deployment.create(settings));
    await served.load(samples.map(({ line }) => line));
    await analyzeStore(served.deployment.database.pool);
    await served.serve();
    return served;
  }

  /** Starts API and worker, with other settings than before. */
  async serve(env: Record<string, string> = {}): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop()));
    const [{ api, base }, worker] = await Promise.all([
      this.deployment.startApi(env),
      this.deployment.startWorker(env),
    ]);
    this.#services = [api, worker];
    this.base = base;
  }

  /** Loads lines as they are. */
  async load(lines: readonly string[]): Promise<void> {
    await this.#load(lines);
    this.model.store(samplesOf(lines));
  }

  /** Loads lines with stamps of the store's; what it made of them is read back, and has to be the same but for the stamps. */
  async loadStamped(lines: readonly string[]): Promise<void> {
    await this.#load(lines, true);
    const stored: Sample[] = [];
    for (const { type, id, line } of samplesOf(lines)) {
      const [row] = await this.deployment.query<{ body: string }>(
        'select body from sluice.current_resources where type = $1 and id = $2',
        [type, id],
      );
      const body = row?.body ?? '';
      expect(withoutStamp(body)).toEqual(withoutStamp(line));
      stored.push(readSample(body));
    }
    this.model.store(stored);
  }

  /** Deletes resources. */
  async remove(keys: readonly string[]): Promise<void> {
    const before = await this.now();
    const entry = keys.map((url) => ({ request: { method: 'DELETE', url } }));
    await this.#load([JSON.stringify({ resourceType: 'Bundle', type: 'transaction', entry })]);
    this.model.remove(keys, before);
  }

  /** What the database's clock says. */
  async now(): Promise<string> {
    const rows = await this.deployment.query<{ now: string }>(
      'select sluice.instant(clock_timestamp()) as now',
    );
    return rows[0]?.now ?? '';
  }

  async drop(): Promise<void> {
    await this.deployment.drop();
  }

  async #load(lines: readonly string[], stamp = false): Promise<void> {
    const path = join(await tempFolder('lines'), 'lines.ndjson');
    await writeFile(path, `${lines.join('\n')}\n`);
    const problems: unknown[] = [];
    const { pool } = this.deployment.database;
    await load({
      pool,
      paths: [path],
      stamp,
      // What a test stores last is the present, whatever its stamp says.
      overwrite: true,
      onProblem: (problem) => problems.push(problem),
    });
    expect(problems).toEqual([]);
  }
}

function withoutStamp(line: string): unknown {
  const { meta, ...rest } = JSON.parse(line) as { meta?: Record<string, unknown> };
  const others = Object.entries(meta ?? {}).filter(
    ([name]) => name !== 'lastUpdated' && name !== 'versionId',
  );
  return { ...rest, meta: Object.fromEntries(others) };
}

/** `Type/id` of each, sorted. */
export const keysOf = (samples: readonly Sample[]): string[] => samples.map(keyOf).sort();
