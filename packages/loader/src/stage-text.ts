import { crc32 } from 'node:zlib';
import { scanArray, scanObject } from '@sluice/fhir';
import type { StagedResource } from '@sluice/postgres';
import { type BundleItem, readBundle } from './bundle-reader.ts';
import {
  type BundleSurvey,
  carriesResources,
  surveyText,
  type TextSource,
} from './bundle-survey.ts';
import type { HeldResource } from './held-resources.ts';
import { matchEntries } from './match-entries.ts';
import { describeReadError } from './input-files.ts';
import { isUnloadable, UnloadableError } from './load-problem.ts';
import { checkSize } from './read-json.ts';
import { readQuickly, readResource } from './read-resource.ts';
import { listSearches } from './resolve-references.ts';
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

/** A resource that is to be stored at once, or once its conditional references lead somewhere. */
export type Staged = Prepared | { held: HeldResource };

/** A line of NDJSON. */
interface Line {
  line: number;
  bytes: Buffer;
}

/** Prepares a plain resource the quick way; `undefined` leaves it to `stageText`, which says why if it cannot be loaded. */
export function stageQuickly({ line, bytes }: Line, options: StageOptions): Staged | undefined {
  try {
    checkSize(bytes, line);
    const quick = readQuickly(bytes);
    return quick && stage(quick, { line, place: '', isEntry: false }, options);
  } catch (error) {
    if (isUnloadable(error)) return undefined;
    throw error;
  }
}

/** Where resources come from, and how they are prepared. */
export interface StageContext {
  readonly path: string;
  readonly options: StageOptions;
  readonly report: Report;
  /** Begins its messages: in which entry of what the text is. */
  readonly place?: string;
  /** In how many others a Bundle is: one in a response, or in Parameters, is taken apart as well. */
  readonly depth?: number;
}

/** A searchset in a batch-response in Parameters is three. */
const maxNestedBundles = 8;

/** Prepares the resources of one text: itself, or the entries of the Bundle it is or wraps. */
export async function* stageText(
  { line, bytes }: Line,
  context: StageContext,
): AsyncGenerator<Staged, void, undefined> {
  try {
    const source = { open: () => [bytes], firstLine: line, maxEntryBytes: bytes.length };
    const { bundle } = await surveyText(source, context.path);
    if (bundle !== undefined) {
      yield* stageBundle(source, bundle, context);
      return;
    }
    const read = readResource(bytes, line);
    if (carriesResources(read.resource, context.path)) {
      throw new UnloadableError('the Bundle has too much beside its entries');
    }
    const wrapped = findWrappedBundles(read);
    for (const each of wrapped) yield* stageText({ line, bytes: each }, nest(context, ''));
    if (wrapped.length === 0) {
      yield stage(read, { line, place: context.place ?? '', isEntry: false }, context.options);
    }
  } catch (error) {
    reportUnloadable(error, line, '', context.report);
  }
}

/** Prepares what the entries of a Bundle ask for. */
export async function* stageBundle(
  source: TextSource,
  bundle: BundleSurvey,
  context: StageContext,
): AsyncGenerator<Staged, void, undefined> {
  const { path, options, report } = context;
  try {
    const { searches, references } = bundle;
    const { find } = options;
    const matches =
      searches.length === 0 || find === undefined
        ? undefined
        : await matchEntries(searches, references, find);
    for await (const item of readBundle(source, bundle, matches)) {
      if (item.kind === 'resource' && carriesResources(item.read.resource, path)) {
        const { line, number, read } = item;
        yield* stageText({ line, bytes: read.bytes }, nest(context, `entry ${number}: `));
        continue;
      }
      const staged = stageItem(item, bundle.type === 'transaction', context);
      if (staged !== undefined) yield staged;
    }
  } catch (error) {
    // It was read to its end once, so this is a file that has changed since, or a disk that fails.
    const reason = describeReadError(error);
    if (reason === undefined) reportUnloadable(error, source.firstLine, '', report);
    else report(source.firstLine, `${reason}: not all entries were read`);
  }
}

function nest(context: StageContext, place: string): StageContext {
  const depth = (context.depth ?? 0) + 1;
  if (depth > maxNestedBundles) throw new UnloadableError('Bundles in Bundles, too deep');
  return {
    ...context,
    depth,
    place: (context.place ?? '') + place,
    report: (line, message) => {
      context.report(line, place + message);
    },
  };
}

/** The texts of the Bundles that Parameters consist of, as operations return them. */
function findWrappedBundles({ bytes, resource }: ReadResource): Buffer[] {
  if (resource['resourceType'] !== 'Parameters') return [];
  const list = scanObject(bytes, 0, ['parameter'])[0]?.value;
  if (list === undefined || bytes[list.start] !== openBracket) return [];
  return scanArray(bytes, list.start).flatMap(({ start }) => {
    if (bytes[start] !== openBrace) return [];
    const value = scanObject(bytes, start, ['resource'])[0]?.value;
    if (value === undefined || bytes[value.start] !== openBrace) return [];
    const text = bytes.subarray(value.start, value.end);
    const type = scanObject(text, 0, ['resourceType'])[0]?.value;
    const isBundle =
      type !== undefined && text.toString('utf8', type.start, type.end) === bundleName;
    return isBundle ? [text] : [];
  });
}

const openBrace = 0x7b;
const openBracket = 0x5b;
const bundleName = '"Bundle"';

function stageItem(
  item: BundleItem,
  isEntry: boolean,
  { options, report, place = '' }: StageContext,
): Staged | undefined {
  const { line, number } = item;
  try {
    switch (item.kind) {
      case 'delete':
        return { staged: stageDelete(item.type, item.id, line), checksum: 0 };
      case 'resource':
        return stage(item.read, { line, place: `${place}entry ${number}: `, isEntry }, options);
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

function stage(
  read: ReadResource,
  where: Pick<HeldResource, 'line' | 'place' | 'isEntry'>,
  options: StageOptions,
): Staged {
  const { line, isEntry } = where;
  const isHeld = options.find !== undefined && (isEntry || options.resolve === true);
  const searches = isHeld ? listSearches(read, options.bases) : undefined;
  if (searches !== undefined) return { held: { read, searches, ...where } };
  return { staged: stageResource(read, line, options), checksum: crc32(read.bytes) };
}

function reportUnloadable(error: unknown, line: number, place: string, report: Report): void {
  if (!isUnloadable(error)) throw error;
  const ownLine = error instanceof UnloadableError ? error.line : undefined;
  report(ownLine ?? line, place + error.message);
}
