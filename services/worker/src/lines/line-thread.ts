import { parentPort } from 'node:worker_threads';
import { LineOutput } from './line-output.ts';
import { type CompiledLineWork, compileLineWork, type LineWork } from './line-work.ts';
import type { LinesAnswer, LinesToDo, ThreadResult } from './thread-messages.ts';
import { workOnLines } from './work-on-lines.ts';

/** One thread of a pool: is sent lines, works on them, and sends back what has become of them. */

interface Compiled {
  readonly type: string;
  readonly run: CompiledLineWork;
}

/** Works that are kept compiled, those of the parts that are being exported; the one used last is at the end. */
const compiled = new Map<string, Compiled>();
const keptWorks = 16;

parentPort?.on('message', ({ work, input, length, output }: LinesToDo) => {
  const lines = new LineOutput(output);
  const result = workOn(work, Buffer.from(input, 0, length), lines);
  const answer: LinesAnswer = { input, output: lines.buffer, result };
  parentPort?.postMessage(answer, [input, lines.buffer]);
});

function workOn(text: string, input: Buffer, output: LineOutput): ThreadResult {
  let work: Compiled;
  try {
    work = compile(text);
  } catch (error) {
    return { failure: String(error) };
  }
  const done = workOnLines(work.type, work.run, input, output);
  return { ...done, length: output.length };
}

function compile(text: string): Compiled {
  const known = compiled.get(text) ?? compileNew(JSON.parse(text) as LineWork);
  compiled.delete(text);
  compiled.set(text, known);
  const [oldest] = compiled.keys();
  if (compiled.size > keptWorks && oldest !== undefined) compiled.delete(oldest);
  return known;
}

function compileNew(work: LineWork): Compiled {
  return { type: work.type, run: compileLineWork(work) };
}
