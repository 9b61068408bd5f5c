import { readNdjson } from '@sluice/fhir';
import { BundleSplitter } from './bundle-splitter.ts';
import { isNamedNdjson, surveyText, type TextSource } from './bundle-survey.ts';
import type { BundleSurvey } from './bundle-survey.ts';
import { ValueSplitter } from './value-splitter.ts';

/** How a file is to be read: line by line, value by value, as one text that may not be JSON, or as a Bundle of any length. */
export type Form = 'lines' | 'values' | 'document' | BundleSurvey;

/**
 * Decides how a file is to be read. What is named as NDJSON and begins with a whole line is NDJSON. Anything else is tried as a whole: as
 * one Bundle or document, then as values behind one another or in an array. Only a text that is none of these goes by its lines: NDJSON
 * of which lines are broken, and, so that whoever reads it can say where, a document that is. A document that is cut off is never taken for lines, because
 * what it contains would be taken for resources.
 */
export async function decideForm(source: TextSource, path: string): Promise<Form> {
  const isNamed = isNamedNdjson(path);
  const lines = await surveyLines(source);
  if (isNamed && lines.firstIsWhole) return 'lines';
  const { shape, bundle } = await surveyText(source, path);
  if (bundle !== undefined) return bundle;
  if (shape === 'object') return 'document';
  if (lines.firstIsWhole) return 'lines';
  switch (await surveyValues(source)) {
    case 'complete':
      return 'values';
    case 'cut-off':
      return 'document';
    case 'invalid': {
      const isLines = isNamed ? !lines.firstOnlyOpens : lines.othersAreWhole;
      return isLines ? 'lines' : 'document';
    }
  }
}

/** So many lines are looked at; any more would say the same. */
const linesTried = 100;

async function surveyLines(source: TextSource): Promise<{
  firstIsWhole: boolean;
  firstOnlyOpens: boolean;
  /** Whether there are lines behind the first that are objects by themselves, and no others. */
  othersAreWhole: boolean;
}> {
  const kinds: boolean[] = [];
  let firstOnlyOpens = false;
  for await (const line of readNdjson(source.open(), { maxLineBytes: source.maxEntryBytes })) {
    const isWhole = 'problem' in line || isObject(line.bytes);
    if (kinds.length === 0 && !('problem' in line)) {
      firstOnlyOpens = /^\s*[[{]\s*$/.test(line.bytes.subarray(0, 64).toString('latin1'));
    }
    kinds.push(isWhole);
    if (kinds.length === 1 ? isWhole : !isWhole || kinds.length === linesTried) break;
  }
  const [firstIsWhole = false, ...others] = kinds;
  return {
    firstIsWhole,
    firstOnlyOpens,
    othersAreWhole: others.length > 0 && others.every(Boolean),
  };
}

/** Going by its brackets: whether it is JSON is for others to say. */
function isObject(bytes: Buffer): boolean {
  const splitter = new BundleSplitter({ firstLine: 1, maxEntryBytes: 0, maxFrameBytes: 0 });
  for (const entry of splitter.push(bytes)) void entry;
  return splitter.shape === 'object';
}

async function surveyValues(source: TextSource) {
  const splitter = new ValueSplitter({ firstLine: source.firstLine, maxValueBytes: 0 });
  for await (const chunk of source.open()) {
    for (const value of splitter.push(chunk)) void value;
    if (splitter.state === 'invalid') break;
  }
  return splitter.state;
}
