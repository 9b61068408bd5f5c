import { crc32 } from 'node:zlib';
import { defaultMaxLineBytes, minifyJson, type NdjsonLine, ResourceTextError } from '@sluice/fhir';
import type { StagedResource } from '@sluice/postgres';
import type { BatchWriter } from './batch-writer.ts';
import { type BundleItem, carriesResources, readBundle } from './bundle-reader.ts';
import { GzipError } from './inflate.ts';
import { describeFileError } from './input-files.ts';
import { type LoadProblem, UnloadableError } from './load-problem.ts';
import { readJsonObject } from './read-json.ts';
import { readQuickly, readResource } from './read-resource.ts';
import { readTexts, type ReadTextsOptions } from './read-texts.ts';
import { SeenIds } from './seen-ids.ts';
import {
  type ReadResource,
  stageDelete,
  stageResource,
  type StageOptions,
} from './stage-resource.ts';

/** What loading one file takes. */
export interface LoadFileOptions extends StageOptions {
  writer: BatchWriter;
  onProblem: (problem: LoadProblem) => void;
  onRead?: ((bytes: number) => void) | undefined;
  maxLineBytes?: number | undefined;
}

/**
 * Hands every resource of a file to the writer and reports what could not be read. Only failures of the writer are thrown: a file that
 * breaks off is reported, and what came whole before stays.
 */
export async function loadFile(path: string, options: LoadFileOptions): Promise<void> {
  const report: Report = (line, message) => {
    options.onProblem({ file: path, line, message });
  };
  const maxLineBytes = options.maxLineBytes ?? defaultMaxLineBytes;
  const seen = new SeenIds();
  for await (const text of readable(path, { maxLineBytes, onRead: options.onRead }, report)) {
    if ('problem' in text) {
      report(text.line, `longer than a resource may be (${maxLineBytes} bytes)`);
      continue;
    }
    for (const { staged, checksum } of stageText(path, text, options, report)) {
      if (staged.deleted || isFirst(staged, checksum, seen, report)) {
        await options.writer.add(staged);
      }
    }
  }
}

type Report = (line: number | undefined, message: string) => void;

interface Prepared {
  staged: StagedResource;
  /** Of the text as it was given, to tell a repeat from a contradiction. */
  checksum: number;
}

/** The texts of a file up to where it cannot be read any further, which is reported. */
async function* readable(
  path: string,
  options: ReadTextsOptions,
  report: Report,
): AsyncGenerator<NdjsonLine, void, undefined> {
  let line: number | undefined;
  try {
    for await (const text of readTexts(path, options)) {
      line = text.line;
      yield text;
    }
  } catch (error) {
    const reached = line === undefined ? 'nothing was read' : `lines up to ${line} were read`;
    if (error instanceof GzipError) {
      report(line, `${error.message}: ${reached}`);
    } else if (typeof error === 'object' && error !== null && 'syscall' in error) {
      report(line, `${describeFileError(error)}: ${reached}`);
    } else {
      throw error;
    }
    return;
  }
  if (line === undefined) {
    report(undefined, 'the file is empty');
  }
}

/** The resources of one text: itself, or the entries of the Bundle it is. */
function* stageText(
  path: string,
  { line, bytes }: { line: number; bytes: Buffer },
  options: StageOptions,
  report: Report,
): Generator<Prepared> {
  try {
    const quick = readQuickly(bytes);
    if (quick !== undefined) {
      yield stage(quick, line, options);
      return;
    }
    const value = readJsonObject(bytes, line);
    if (!carriesResources(value, path)) {
      yield stage({ bytes: minifyJson(bytes), resource: value }, line, options);
      return;
    }
    for (const item of readBundle(bytes, String(value.type), line)) {
      const prepared = stageItem(item, options, report);
      if (prepared !== undefined) {
        yield prepared;
      }
    }
  } catch (error) {
    reportUnloadable(error, line, '', report);
  }
}

function stageItem(item: BundleItem, options: StageOptions, report: Report): Prepared | undefined {
  try {
    switch (item.kind) {
      case 'delete':
        return { staged: stageDelete(item.type, item.id, item.line), checksum: 0 };
      case 'resource':
        return stage(readResource(item.bytes), item.line, options);
      case 'problem':
        throw new UnloadableError(item.message);
    }
  } catch (error) {
    reportUnloadable(error, item.line, `entry ${item.entry}: `, report);
    return undefined;
  }
}

function stage(read: ReadResource, line: number, options: StageOptions): Prepared {
  return { staged: stageResource(read, line, options), checksum: crc32(read.bytes) };
}

function reportUnloadable(error: unknown, line: number, place: string, report: Report): void {
  if (error instanceof UnloadableError) {
    report(error.line ?? line, place + error.message);
  } else if (error instanceof ResourceTextError) {
    report(line, place + error.message);
  } else {
    throw error;
  }
}

/** A repeat is passed over; a contradiction is reported, and the first stands. */
function isFirst(
  { type, id, line }: StagedResource,
  checksum: number,
  seen: SeenIds,
  report: Report,
): boolean {
  const first = seen.add(type, id, checksum, line);
  if (first?.same === false) {
    report(line, `${type}/${id} is on line ${first.line} already, with other content`);
  }
  return first === undefined;
}
