import type { ManifestItem, ReceivedManifest } from './follow-export.ts';

const kinds = ['output', 'deleted', 'error'] as const;

/** The lists of files that a manifest has. */
export type FileKind = (typeof kinds)[number];

/** A file to download, and the name to store it by. */
export interface PlannedFile {
  readonly kind: FileKind;
  readonly item: ManifestItem;
  readonly name: string;
}

/** The files of a manifest. Names are those of the server where they are safe and no two are the same. */
export function planFiles(manifest: ReceivedManifest): PlannedFile[] {
  const taken = new Set(['manifest.json']);
  const counts = new Map<string, number>();
  return kinds.flatMap((kind) =>
    (manifest[kind] ?? []).map((item) => {
      const last = new URL(item.url).pathname.split('/').at(-1) ?? '';
      const name = isSafe(last) && !taken.has(last) ? last : newName(item, last, { taken, counts });
      taken.add(name);
      return { kind, item, name };
    }),
  );
}

function isSafe(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,200}$/.test(name);
}

interface Names {
  readonly taken: ReadonlySet<string>;
  /** The last number that a type was given. */
  readonly counts: Map<string, number>;
}

function newName({ type }: ManifestItem, last: string, { taken, counts }: Names): string {
  const stem = /^[A-Za-z]{1,64}$/.test(type) ? type : 'file';
  const end = last.endsWith('.gz') ? '.ndjson.gz' : '.ndjson';
  for (;;) {
    const number = (counts.get(stem + end) ?? 0) + 1;
    counts.set(stem + end, number);
    const name = `${stem}-${number}${end}`;
    if (!taken.has(name)) return name;
  }
}
