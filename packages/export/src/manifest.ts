import type { ExportSummary, OutputFile, OutputKind } from './export.ts';

/** One file in a manifest. */
export interface ManifestItem {
  readonly type: string;
  readonly url: string;
  readonly count: number;
  readonly extension: {
    /** Stored bytes and their SHA-256: what a download is verified against. */
    readonly 'urn:sluice:output-file': { readonly size: number; readonly sha256: string };
  };
}

/** The result of an export. https://hl7.org/fhir/uv/bulkdata/STU2/export.html#response---complete-status */
export interface Manifest {
  /** Some vendors' servers have it. SPEC I-113 */
  readonly status?: 'completed';
  readonly transactionTime: string;
  readonly request: string;
  readonly requiresAccessToken: boolean;
  readonly output: readonly ManifestItem[];
  readonly deleted?: readonly ManifestItem[];
  readonly error: readonly ManifestItem[];
}

/** How files are reached. */
export interface ManifestOptions {
  readonly fileUrl: (file: OutputFile) => string;
  readonly requiresAccessToken: boolean;
  /** Whether to say that the export is completed; default: the guide has no such member. */
  readonly withStatus?: boolean;
}

/**
 * Builds the manifest of a completed export. Items come in the same order on every poll; files
 * without lines are left out. `deleted` is there when the export could have found deletions.
 */
export function buildManifest(
  found: ExportSummary,
  files: readonly OutputFile[],
  options: ManifestOptions,
): Manifest {
  const list = (kind: OutputKind): ManifestItem[] =>
    files
      .filter((file) => file.kind === kind && file.count > 0)
      .sort(byTypePartAndNumber)
      .map((file) => manifestItem(file, options));
  const deleted = list('deleted');
  return {
    ...(options.withStatus ? { status: 'completed' as const } : {}),
    transactionTime: found.transactionTime,
    request: found.kickOff.request,
    requiresAccessToken: options.requiresAccessToken,
    output: list('output'),
    ...(deleted.length > 0 || found.kickOff.since !== undefined ? { deleted } : {}),
    error: list('error'),
  };
}

function manifestItem(file: OutputFile, options: ManifestOptions): ManifestItem {
  return {
    type: file.type,
    url: options.fileUrl(file),
    count: file.count,
    extension: { 'urn:sluice:output-file': { size: file.bytes, sha256: file.sha256 } },
  };
}

function byTypePartAndNumber(a: OutputFile, b: OutputFile): number {
  if (a.type !== b.type) return a.type < b.type ? -1 : 1;
  const [partA, numberA] = numbersOf(a.name);
  const [partB, numberB] = numbersOf(b.name);
  return partA - partB || numberA - numberB;
}

/** Part and number out of `<Type>-<part>-<n>.ndjson[.gz]`. */
function numbersOf(name: string): [number, number] {
  const match = /-(\d+)-(\d+)\./.exec(name);
  return [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
}
