import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, removeDataDir, type Stack } from '@sluice/embedded';
import { createPool } from '@sluice/postgres';
import { variables } from '@sluice/runtime';
import { runExport, type ExportResult } from '../client/run-export.ts';
import type { Written } from '../generate/folder-writer.ts';
import { generateData } from '../generate/generate-data.ts';
import { loadIntoStore } from '../load-into-store.ts';
import { writeNote } from '../output.ts';
import type { Environment } from '../settings.ts';
import { beginStack } from '../stack.ts';
import { compareLines } from './compare-lines.ts';

/** What the demonstration is run with. */
export interface DemoOptions {
  readonly patients: number;
  readonly port?: number | undefined;
  readonly preferRedis?: 'wasm' | undefined;
  /** Leave data and files behind. */
  readonly keep: boolean;
  readonly environment: Environment;
  readonly signal: AbortSignal;
  /** Is given the stack as soon as there is one, for a forced end. */
  readonly onStack: (stack: Stack) => void;
}

/** What came of it; `faults` is empty when everything is as it should be. */
export interface DemoResult {
  readonly generated: ReadonlyMap<string, Written>;
  readonly exported: ExportResult;
  readonly startMs: number;
  readonly loadMs: number;
  readonly faults: readonly string[];
  /** Where everything is, when it was kept. */
  readonly folder?: string;
}

/** Generates, loads, exports, downloads and compares, all on this machine, and cleans up after itself. */
export async function runDemo(options: DemoOptions): Promise<DemoResult> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-demo-'));
  const dataDir = join(folder, 'server');
  const startedAt = Date.now();
  const generating = generateSample(options, join(folder, 'generated'));
  // Its failure is told where it is awaited.
  generating.catch(() => undefined);
  let stack: Stack | undefined;
  try {
    writeNote('Starting Postgres, Redis, an API and a worker …');
    stack = await beginStack({
      purpose: 'demo',
      dataDir,
      port: options.port ?? (await freePort()),
      workers: 1,
      environment: demoEnvironment(options.environment),
      preferRedis: options.preferRedis,
      signal: options.signal,
      onEvent: ({ event, name, reason }) => {
        if (event === 'died') writeNote(`${name} died: ${reason ?? ''}`);
      },
    });
    options.onStack(stack);
    options.signal.throwIfAborted();
    const generated = await generating;
    const startMs = Date.now() - startedAt;
    writeNote(`Ready at ${stack.url} (Redis: ${stack.redisKind})`);
    const loadFault = await loadSample(
      stack.databaseUrl,
      join(folder, 'generated'),
      options.signal,
    );
    const loadMs = Date.now() - startedAt - startMs;
    const exported = await runExport({
      request: { base: stack.url, level: 'system' },
      folder: join(folder, 'exported'),
      keep: false,
      signal: options.signal,
    });
    const faults = [
      ...loadFault,
      ...countFaults(generated, exported),
      ...(await lineFaults(join(folder, 'generated'), join(folder, 'exported'))),
    ];
    return { generated, exported, startMs, loadMs, faults, ...(options.keep ? { folder } : {}) };
  } finally {
    await stack?.stop();
    await Promise.allSettled([generating]);
    if (!options.keep) {
      await removeDataDir(dataDir);
      await rm(folder, { recursive: true, force: true });
    }
  }
}

/** Nothing that is set for another Sluice may reach this one; small parts show more of what happens. */
function demoEnvironment(environment: Environment): Environment {
  const others = Object.entries(environment).filter(
    ([name]) => !Object.hasOwn(variables, name) && !/^box_/i.test(name),
  );
  return { ...Object.fromEntries(others), PART_RESOURCES: '2500' };
}

async function generateSample(
  { patients, signal }: DemoOptions,
  folder: string,
): Promise<Map<string, Written>> {
  return await generateData({ patients, seed: 1, folder, signal });
}

async function loadSample(
  databaseUrl: string,
  folder: string,
  signal: AbortSignal,
): Promise<string[]> {
  const pool = createPool(databaseUrl, { max: 4, applicationName: 'sluice-demo' });
  try {
    const { problems } = await loadIntoStore({ pool, paths: [folder], stamp: false, signal });
    return problems === 0 ? [] : [`${problems} faults while loading`];
  } finally {
    await pool.end();
  }
}

function countFaults(generated: ReadonlyMap<string, Written>, exported: ExportResult): string[] {
  const counts = new Map<string, number>();
  for (const { kind, type, count } of exported.files) {
    const name = kind === 'output' ? type : `${kind} ${type}`;
    counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return [...new Set([...generated.keys(), ...counts.keys()])]
    .map((type) => ({ type, made: generated.get(type)?.lines ?? 0, got: counts.get(type) ?? 0 }))
    .filter(({ made, got }) => made !== got)
    .map(({ type, made, got }) => `${type}: ${made} generated, ${got} exported`);
}

async function lineFaults(generated: string, exported: string): Promise<string[]> {
  const { missing, unexpected } = await compareLines(generated, exported);
  return [
    ...describe(missing, 'generated, but not exported as it was'),
    ...describe(unexpected, 'exported, but not generated like that'),
  ];
}

function describe(names: readonly string[], what: string): string[] {
  const shown = names.slice(0, 3).join(', ');
  return names.length === 0
    ? []
    : [`${names.length} lines ${what}: ${shown}${names.length > 3 ? ' …' : ''}`];
}
