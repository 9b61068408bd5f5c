import { downloadLines, runExport, type Manifest, type Parameters } from './export-client.ts';
import type { Sample } from './synthea.ts';

/** How an export differs from what was wanted, briefly. */
export interface Difference {
  readonly count: number;
  readonly missing: readonly string[];
  readonly unwanted: readonly string[];
  readonly repeated: readonly string[];
}

/** What is in one list of lines and not in the other, and what is there twice. */
export function difference(lines: readonly string[], wanted: readonly string[]): Difference {
  const got = new Map<string, number>();
  for (const line of lines) got.set(line, (got.get(line) ?? 0) + 1);
  const asked = new Set(wanted);
  const shown = (all: string[]) => all.map((line) => line.slice(0, 90)).slice(0, 5);
  return {
    count: lines.length,
    missing: shown([...asked].filter((line) => !got.has(line))),
    unwanted: shown([...got.keys()].filter((line) => !asked.has(line))),
    repeated: shown([...got.keys()].filter((line) => (got.get(line) ?? 0) > 1)),
  };
}

/** The difference of an export that gives just what was wanted, each once. */
export const exactly = (wanted: readonly unknown[]): Difference => ({
  count: wanted.length,
  missing: [],
  unwanted: [],
  repeated: [],
});

/** Asserts that an export gives these resources and no others, each once and to the byte. */
export async function expectExport(
  base: string,
  path: string,
  wanted: readonly Pick<Sample, 'line'>[],
  body?: Parameters,
): Promise<Manifest> {
  const manifest = await runExport(base, path, body);
  const lines = wanted.map(({ line }) => line);
  expect(difference(await downloadLines(manifest.output), lines)).toEqual(exactly(lines));
  return manifest;
}

/** `Type/id` of all that a manifest says is deleted; asserts the form of what it says. */
export async function deletedKeys({ deleted = [] }: Manifest): Promise<string[]> {
  const bundles = (await downloadLines(deleted)).map(
    (line) =>
      JSON.parse(line) as {
        type: string;
        entry: { request: { method: string; url: string } }[];
      },
  );
  for (const { type, entry } of bundles) {
    expect(type).toBe('transaction');
    expect(entry.length).toBeGreaterThan(0);
    expect(new Set(entry.map(({ request }) => request.method))).toEqual(new Set(['DELETE']));
  }
  return bundles.flatMap(({ entry }) => entry.map(({ request }) => request.url)).sort();
}

/** What the `error` files tell. */
export async function toldTexts({ error }: Manifest): Promise<string[]> {
  return (await downloadLines(error)).flatMap((line) => {
    const { issue } = JSON.parse(line) as { issue: { details: { text: string } }[] };
    return issue.map(({ details }) => details.text);
  });
}
