import { parseInstant } from '@sluice/fhir';
import {
  findIdentified,
  hasResources,
  identifyTypes,
  newestTransactionTime,
  noteLocalBases,
  type Pool,
} from '@sluice/postgres';
import { BatchWriter } from './batch-writer.ts';
import { ComparingStore } from './comparing-store.ts';
import { findInputFiles, type InputFile, type SkippedFile } from './input-files.ts';
import { HeldResources } from './held-resources.ts';
import { loadFile } from './load-file.ts';
import type { Find } from './match-entries.ts';
import { ReferenceReport, type UnresolvedReferences } from './reference-report.ts';
import type { LoadProblem } from './load-problem.ts';
import { type ProblemGroup, ProblemGroups } from './problem-groups.ts';
import { UnchangedLines } from './unchanged-lines.ts';

/** How far loading has come, over all files together; `bytesTotal` is their size on disk. */
export interface LoadProgress {
  /** The file being read. */
  file: string;
  bytesRead: number;
  bytesTotal: number;
  /** Resources written, or found unchanged or deleted, so far. */
  resources: number;
}

/** What `load` is to do. */
export interface LoadOptions {
  pool: Pool;
  /** Files, folders, manifests and `-` for standard input, loaded in this order. */
  paths: readonly string[];
  /**
   * Take versions and stamps of odd form for what they mean instead of refusing them, and store entries of transactions whose conditional
   * references lead nowhere.
   */
  lenient?: boolean | undefined;
  /** Write conditional references as what they lead to, where that is one resource once everything is loaded. */
  resolve?: boolean | undefined;
  /** Store what is older than what is there as well. */
  overwrite?: boolean | undefined;
  /** Report what is passed over in folders as a problem. */
  strict?: boolean | undefined;
  /** Write versionId and lastUpdated anew instead of keeping those given. */
  stamp?: boolean;
  /** Names of this store, besides those it has noted; they are noted. References behind them are references to this store. */
  bases?: readonly string[] | undefined;
  /** The longest line, document or entry of a Bundle that is read; 256 MB unless given. */
  maxLineBytes?: number | undefined;
  /** Called for every 64 KB read: whoever shows it has to be the one to slow it down. */
  onProgress?: ((progress: LoadProgress) => void) | undefined;
  /** Called for every fault in the input, as it is found. */
  onProblem?: ((problem: LoadProblem) => void) | undefined;
}

/** What came of it. */
export interface LoadSummary {
  files: number;
  /** Resources stored: new ones and new versions. */
  resources: number;
  /** Resources that were in the store already, just like this. */
  unchanged: number;
  deleted: number;
  /** Resources and deletions that are older than what is there, which stays: see `overwrite`. */
  older: number;
  /** How often `onProblem` was called. */
  problems: number;
  /** The same by kind, the most frequent first, with the first five places of each. */
  problemGroups: ProblemGroup[];
  /** What was passed over in folders because of its name. */
  skipped: SkippedFile[];
  /** Resources read per type, whether stored or unchanged. */
  byType: Record<string, number>;
  /** References that lead nowhere, of those that decide what exports hold: to patients, supporting resources and targets of Provenance. */
  unresolved: UnresolvedReferences[];
  /** There were more different targets than are looked up; `checkReferences` looks at all. */
  unresolvedIsCut?: boolean;
  /**
   * There when resources were stored with a lastUpdated no newer than the transactionTime of a completed export: a client that asks for what
   * changed `_since` then is not given them. Loading with `stamp` avoids it.
   */
  keptOldStamps?: { count: number; transactionTime: string };
  /** There when resources were stored with a lastUpdated that is still to come: until then they are in every export `_since`. */
  keptFutureStamps?: { count: number; latest: string };
}

/**
 * Loads NDJSON, JSON and Bundle files, gzipped or not, into the resource store. A resource that cannot be loaded is reported with file and
 * line and left out, the rest goes in; loading the same files again changes nothing. Memory stays bounded, also for input that is made to
 * exhaust it: by about three times the longest line, document or Bundle entry, a few batches of 8 MB, about 25 to 50 bytes for each resource of
 * one file, and some hundred for each entry of a Bundle that has a full URL or is a deletion. Rejects only when the database fails;
 * the batches before that stay. A caller has to look at `problems`: it is not thrown.
 */
export async function load(options: LoadOptions): Promise<LoadSummary> {
  let problems = 0;
  const groups = new ProblemGroups();
  const onProblem = (problem: LoadProblem): void => {
    problems += 1;
    groups.add(problem);
    options.onProblem?.(problem);
  };
  const found = await findInputFiles(options.paths, onProblem);
  const { files, skipped } = found;
  try {
    if (options.strict === true) {
      for (const { file, reason } of skipped) {
        onProblem({ file, line: undefined, message: `skipped: ${reason}` });
      }
    }
    const loaded = await loadFiles(files, options, onProblem);
    const problemGroups = groups.list();
    return { files: files.length, skipped, problems, problemGroups, ...loaded };
  } finally {
    await found.dispose();
  }
}

async function loadFiles(
  files: readonly InputFile[],
  {
    pool,
    stamp = false,
    lenient,
    resolve,
    overwrite = false,
    bases: names,
    maxLineBytes,
    onProgress,
  }: LoadOptions,
  onProblem: (problem: LoadProblem) => void,
) {
  const bases = await noteLocalBases(pool, names);
  const transactionTime = stamp ? undefined : await newestTransactionTime(pool);
  const store = new ComparingStore(pool, {
    keepNewer: !overwrite,
    hasAny: await hasResources(pool),
  });
  const writer = new BatchWriter((batch) => store.write(batch), {
    since: transactionTime && parseInstant(transactionTime)?.text,
  });
  const mayBeStoredAsIs = !stamp && resolve !== true;
  const unchangedLines =
    store.hasAny && mayBeStoredAsIs ? new UnchangedLines(pool, writer) : undefined;
  const { written } = writer;
  const references = new ReferenceReport();
  const identified = new Set<string>();
  const find: Find = async (type, tokens) => {
    // What is on its way may be what is looked for.
    if (writer.holds(type)) await writer.finish();
    if (!identified.has(type)) await identifyTypes(pool, [type]);
    identified.add(type);
    return await findIdentified(pool, type, tokens);
  };
  const stageOptions = { stamp, lenient, resolve, bases, find, references };
  const held = new HeldResources({
    stageOptions,
    find,
    keepsUnresolved: lenient === true,
    store: (staged) => writer.add(staged),
    flush: () => writer.finish(),
    onProblem,
  });
  const bytesTotal = files.reduce((total, file) => total + file.bytes, 0);
  let bytesRead = 0;
  try {
    for (const file of files) {
      const onRead = (bytes: number): void => {
        bytesRead += bytes;
        onProgress?.({
          file: file.name,
          bytesRead,
          bytesTotal,
          resources: written.stored + written.unchanged + written.deleted + written.older,
        });
      };
      await loadFile(file, {
        ...stageOptions,
        writer,
        held,
        unchangedLines,
        maxLineBytes,
        onProblem,
        onRead,
      });
    }
    await held.finish();
  } finally {
    await held.dispose();
  }
  await writer.finish();
  await references.lookUp(pool);
  return {
    resources: written.stored,
    unchanged: written.unchanged,
    deleted: written.deleted,
    older: written.older,
    byType: written.byType,
    unresolved: references.summary(),
    ...(references.isCut && { unresolvedIsCut: true }),
    ...(written.oldStamps > 0 &&
      transactionTime !== undefined && {
        keptOldStamps: { count: written.oldStamps, transactionTime },
      }),
    ...(written.latestStamp !== undefined && {
      keptFutureStamps: { count: written.futureStamps, latest: written.latestStamp },
    }),
  };
}
