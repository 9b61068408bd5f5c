/** Endings of files that are read. */
const dataName = /\.(?:ndjson|jsonl|ldjson|json)(?:\.gz)?$/i;

/** What bulk data clients put beside the data. */
const companions: ReadonlyMap<string, string> = new Map([
  ['manifest.json', 'the manifest of an export'],
  ['log.ndjson', 'the log of a bulk data client'],
  ['error', 'errors of an export, which are no data'],
  ['errors', 'errors of an export, which are no data'],
  ['attachments', 'attachments of a bulk data client'],
]);

const packedName = /\.(?:zip|bz2|xz|zst|7z|rar|tar|tgz|tbz2?)$|\.tar\.\w+$/i;

/** Why something in a folder is passed over, going by its name; `undefined` if it is to be read. */
export function findReasonToSkip(name: string, kind: 'file' | 'folder'): string | undefined {
  const companion = companions.get(name.toLowerCase());
  if (companion !== undefined) return companion;
  if (name.startsWith('.')) return 'hidden';
  if (kind === 'folder' || dataName.test(name)) return undefined;
  if (packedName.test(name)) return 'an archive, or packed in a way that is not read: unpack it';
  return 'not named .ndjson, .jsonl or .json (.gz too): name the file itself to load it';
}

/** Says whether what is in a folder is applied after everything else: Bundles of deletions, as clients of bulk data store them. */
export function holdsDeletions(folder: string): boolean {
  return folder.toLowerCase() === 'deleted';
}
