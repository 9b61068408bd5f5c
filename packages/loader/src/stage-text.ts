import { crc32 } from 'node:zlib';
import { ResourceTextError } from '@sluice/fhir';
import type { StagedResource } from '@sluice/postgres';
import { type BundleItem, readBundle } from './bundle-reader.ts';
import {
  type BundleSurvey,
  carriesResources,
  surveyBundle,
  type TextSource,
} from './bundle-survey.ts';
import { matchEntries } from './match-entries.ts';
import { describeReadError } from './input-files.ts';
import { UnloadableError } from './load-problem.ts';
import { checkSize } from './read-json.ts';
import { readQuickly, readResource } from './read-resource.ts';
import {
  type ReadResource,
  stageDelete,
  stageResource,
  type StageOptions,
} from './stage-resource.ts';

/** Reports what is wrong on a line. */
export type Report = (line: number | undefined, message: string) => void;

/** A resource as the store takes it. */
export interface Prepared {
  staged: StagedResource;
  /** Of the text as it was given, to tell a repeat from a contradiction. */
  checksum: number;
}

/** A line of NDJSON. */
interface Line {
  line: number;
  bytes: Buffer;
}

/** Prepares a plain resource the quick way; `undefined` leaves it to `stageText`, which says why if it cannot be loaded. */
export function stageQuickly({ line, bytes }: Line, options: StageOptions): Prepared | undefined {
  try {
    checkSize(bytes, line);
    const quick = readQuickly(bytes);
    return quick && stage(quick, line, options);
  } catch (error) {
    if (isUnloadable(error)) return undefined;
    throw error;
  }
}

/** Prepares the resources of one text: itself, or the entries of the Bundle it is. */
export async function* stageText(
  path: string,
  { line, bytes }: Line,
  options: StageOptions,
  report: Report,
): AsyncGenerator<Prepared, void, undefined> {
  try {
    const source = { open: () => [bytes], firstLine: line, maxEntryBytes: bytes.length };
    const bundle = await surveyBundle(source, path);
    if (bundle !== undefined) {
      yield* stageBundle(source, bundle, options, report);
      return;
    }
    const read = readResource(bytes, line);
    if (carriesResources(read.resource, path)) {
      throw new UnloadableError('the Bundle has too much beside its entries');
    }
    yield stage(read, line, options);
  } catch (error) {
    reportUnloadable(error, line, '', report);
  }
}

/** Prepares what the entries of a Bundle ask for. */
export async function* stageBundle(
  source: TextSource,
  bundle: BundleSurvey,
  options: StageOptions,
  report: Report,
): AsyncGenerator<Prepared, void, undefined> {
  try {
    const { searches, references } = bundle;
    const { find } = options;
    const matches =
      searches.length === 0 || find === undefined
        ? undefined
        : await matchEntries(searches, references, find);
    for await (const item of readBundle(source, bundle, matches)) {
      const prepared = stageItem(item, options, report);
      if (prepared !== undefined) yield prepared;
    }
  } catch (error) {
    // It was read to its end once, so this is a file that has changed since, or a disk that fails.
    const reason = describeReadError(error);
    if (reason === undefined) reportUnloadable(error, source.firstLine, '', report);
    else report(source.firstLine, `${reason}: not all entries were read`);
  }
}

function stageItem(item: BundleItem, options: StageOptions, report: Report): Prepared | undefined {
  const { line, number } = item;
  try {
    switch (item.kind) {
      case 'delete':
        return { staged: stageDelete(item.type, item.id, line), checksum: 0 };
      case 'resource':
        return stage(item.read, line, options);
      case 'problem':
        throw item.error;
      case 'nothing':
        return undefined;
    }
  } catch (error) {
    reportUnloadable(error, line, `entry ${number}: `, report);
    return undefined;
  }
}

function stage(read: ReadResource, line: number, options: StageOptions): Prepared {
  return { staged: stageResource(read, line, options), checksum: crc32(read.bytes) };
}

function isUnloadable(error: unknown): error is UnloadableError | ResourceTextError {
  return error instanceof UnloadableError || error instanceof ResourceTextError;
}

function reportUnloadable(error: unknown, line: number, place: string, report: Report): void {
  if (!isUnloadable(error)) throw error;
  const ownLine = error instanceof UnloadableError ? error.line : undefined;
  report(ownLine ?? line, place + error.message);
}
