import { defaultMaxLineBytes } from '@sluice/fhir';
import type { BatchWriter } from './batch-writer.ts';
import { describeReadError, type InputFile } from './input-files.ts';
import type { LoadProblem } from './load-problem.ts';
import { type InputText, readTexts, type ReadTextsOptions } from './read-texts.ts';
import { SeenIds } from './seen-ids.ts';
import type { StageOptions } from './stage-resource.ts';
import type { HeldResources } from './held-resources.ts';
import { type Report, type Staged, stageBundle, stageQuickly, stageText } from './stage-text.ts';

/** What loading one file takes. */
export interface LoadFileOptions extends StageOptions {
  writer: BatchWriter;
  /** Takes resources whose conditional references have to be looked up. */
  held?: HeldResources | undefined;
  onProblem: (problem: LoadProblem) => void;
  onRead?: ((bytes: number) => void) | undefined;
  maxLineBytes?: number | undefined;
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
  for await (const text of readable(path, { name, maxLineBytes, onRead: options.onRead }, report)) {
    if ('problem' in text) {
      report(text.line, `longer than a resource may be (${maxLineBytes} bytes)`);
      continue;
    }
    const quick = 'bytes' in text ? stageQuickly(text, options) : undefined;
    if (quick !== undefined) {
      await take(quick);
      continue;
    }
    const all =
      'bundle' in text
        ? stageBundle(text.source, text.bundle, { path: name, options, report })
        : stageText(text, { path: name, options, report });
    for await (const prepared of all) await take(prepared);
  }
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
