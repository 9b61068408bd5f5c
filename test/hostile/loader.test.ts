import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { load, type LoadProblem } from '@sluice/loader';
import { hostileInput, secret, type HostileInput } from './generate/inputs.ts';
import { readRunSize } from './run-size.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { tempFolder } from '../support/temp-folder.ts';

const { seed, inputs } = readRunSize();
const perBatch = 50;
/** An input has at most some hundred KB, and 60,000 things wrong with it, each of which is reported. */
const mostCpuMicros = 4_000_000;
const mostGrowth = 256 * 1024 * 1024;

let database: TestDatabase;
let folder: string;

beforeAll(async () => {
  database = await createDatabase();
  folder = await tempFolder('hostile-inputs');
});
afterAll(() => database.drop());

/** Loads one input; gives what is wrong with how that went. */
async function loadInput(
  { name, bytes }: HostileInput,
  isSecond = false,
): Promise<string | undefined> {
  const path = join(folder, name);
  await writeFile(path, bytes);
  const problems: LoadProblem[] = [];
  const before = process.cpuUsage();
  const { pool } = database;
  const summary = await load({
    pool,
    paths: [path],
    onProblem: (problem) => problems.push(problem),
  });
  const { user, system } = process.cpuUsage(before);
  // Garbage of the inputs before is collected in somebody's time, so what took long is measured again.
  if (user + system > mostCpuMicros) {
    if (isSecond) return `${(user + system) / 1000} ms of CPU`;
    return await loadInput({ name, bytes }, true);
  }
  const { resources, unchanged, deleted, older } = summary;
  const loaded = resources + unchanged + deleted + older;
  if (bytes.length > 0 && loaded + problems.length === 0 && !isQuiet(bytes)) {
    return 'nothing was loaded and nothing was said';
  }
  const odd = problems.find(
    ({ message }) => message.length > 500 || /\p{Cc}/u.test(message) || message.includes(secret),
  );
  return odd === undefined ? undefined : `an odd message: ${odd.message.slice(0, 600)}`;
}

/** What holds nothing to load and nothing wrong: white space, an empty array or list of entries, reads, outcomes. */
function isQuiet(bytes: Buffer): boolean {
  const isPacked = bytes[0] === 0x1f;
  return (
    isPacked ||
    /^[\xef\xbb\xbf \t\r\n]*$|^[\xef\xbb\xbf]*\s*\[\s*\]\s*$|"entry"|Bundle/.test(
      bytes.toString('latin1'),
    )
  );
}

/** Everything stored has to be JSON on one line that says what its row says. */
async function findBadRows(): Promise<string[]> {
  const { rows } = await database.pool.query<{ type: string; id: string; body: string }>(
    'select type, id, body from sluice.current_resources',
  );
  return rows.flatMap(({ type, id, body }) => {
    try {
      const { resourceType, id: said } = JSON.parse(body) as {
        resourceType?: unknown;
        id?: unknown;
      };
      return resourceType === type && said === id && !/[\n\r]/.test(body)
        ? []
        : [body.slice(0, 300)];
    } catch {
      return [body.slice(0, 300)];
    }
  });
}

test(
  'no input makes the loader fail, take seconds of CPU, keep silent, talk too much or store what is no resource',
  async () => {
    const faults: string[] = [];
    let first = 0;
    const batches = Math.ceil(inputs / perBatch);
    for (let n = 0; n < batches && faults.length < 10; n += 1) {
      for (const input of fc.sample(hostileInput, { seed: seed + n, numRuns: perBatch })) {
        const fault = await loadInput(input).catch(
          (error: unknown) => `it failed: ${String(error)}`,
        );
        if (fault !== undefined)
          faults.push(`${fault}\n${input.name} ${input.bytes.toString('base64').slice(0, 4000)}`);
      }
      faults.push(...(await findBadRows()).map((body) => `stored: ${body}`));
      if (n === Math.floor(batches / 10)) first = process.memoryUsage.rss();
    }
    expect(faults.join('\n\n')).toBe('');
    expect(process.memoryUsage.rss() - first).toBeLessThan(mostGrowth);
  },
  24 * 3600_000,
);
