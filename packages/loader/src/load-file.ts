import { crc32 } from 'node:zlib';
import { defaultMaxLineBytes } from '@sluice/fhir';
import type { BatchWriter } from './batch-writer.ts';
import { describeReadError, type InputFile } from './input-files.ts';
import type { LineStart } from './line-start.ts';
import type { LoadProblem } from './load-problem.ts';
import { type InputText, readTexts, type ReadTextsOptions } from './read-texts.ts';
import { SeenIds } from './seen-ids.ts';
import type { StageOptions } from './stage-resource.ts';
import type { HeldResources } from './held-resources.ts';
import { type Report, type Staged, stageBundle, stageQuickly, stageText } from './stage-text.ts';
import type { TextLine, UnchangedLines } from './unchanged-lines.ts';

/** What loading one file takes. */
export interface LoadFileOptions extends StageOptions {
  writer: BatchWriter;
  /** Takes resources whose conditional references have to be looked up. */
  held?: HeldResources | undefined;
  onProblem: (problem: LoadProblem) => void;
  onRead?: ((bytes: number) => void) | undefined;
  maxLineBytes?: number | undefined;
  /** Tells lines that are in the store already; without it all are read. */
  unchangedLines?: UnchangedLines | undefined;
}

/**
 * Hands every resource of a file to the writer and reports what could not be read. Only failures of the writer are thrown: a file that
 * breaks off is reported, and what came whole before stays.
 */
export async function loadFile({ path, name }: InputFile, options: LoadFileOptions): Promise<void> {
  const report: Report = (line, message) => {
    options.onProblem({ file: name, line, message });
  };
  const maxLineBytes = options.maxLineBytes ?? defaultMaxLineBytes;
  const seen = new SeenIds();
  const take = (prepared: Staged): Promise<void> | undefined => {
    if ('held' in prepared) return options.held?.add(prepared.held, name);
    const { staged, checksum } = prepared;
    const { type, id, line, deleted } = staged;
    // A repeat is passed over; another state of a resource is its next version.
    const isRepeat = seen.add(type, id, checksum, line)?.same === true && !deleted;
    return isRepeat ? undefined : options.writer.add(staged);
  };
  const takeAll = async (all: AsyncIterable<Staged>): Promise<void> => {
    for await (const prepared of all) await take(prepared);
  };
  const other = (text: TextLine): Promise<void> | undefined => {
    const quick = stageQuickly(text, options);
    return quick === undefined
      ? takeAll(stageText(text, { path: name, options, report }))
      : take(quick);
  };
  const unchanged = ({ type, id }: LineStart, { bytes, line }: TextLine): void => {
    if (seen.add(type, id, crc32(bytes), line)?.same !== true) options.writer.skip(type);
  };
  const takers = { unchanged, other };
  const { unchangedLines } = options;
  for await (const text of readable(path, { name, maxLineBytes, onRead: options.onRead }, report)) {
    if ('problem' in text) {
      report(text.line, `longer than a resource may be (${maxLineBytes} bytes)`);
    } else if ('bundle' in text) {
      await takeAll(stageBundle(text.source, text.bundle, { path: name, options, report }));
    } else {
      const wait = unchangedLines === undefined ? other(text) : unchangedLines.add(text, takers);
      if (wait !== undefined) await wait;
    }
  }
  await unchangedLines?.flush(takers);
}

/** The texts of a file up to where it cannot be read any further, which is reported. */
async function* readable(
  path: string,
  options: ReadTextsOptions,
  report: Report,
): AsyncGenerator<InputText, void, undefined> {
  let line: number | undefined;
  try {
    for await (const text of readTexts(path, options)) {
      line = text.line;
      yield text;
    }
  } catch (error) {
    const reason = describeReadError(error);
    if (reason === undefined) throw error;
    const reached = line === undefined ? 'nothing was read' : `lines up to ${line} were read`;
    report(line, `${reason}: ${reached}`);
  }
}
