import {
  isPresent,
  type Pool,
  type PresentText,
  type PresentTexts,
  readPresent,
} from '@sluice/postgres';
import type { BatchWriter } from './batch-writer.ts';
import { cutLine, type LineStart, readLineStart } from './line-start.ts';
import { Trial } from './trial.ts';

/** A line of a file. */
export interface TextLine {
  readonly line: number;
  readonly bytes: Buffer;
}

/** What is to become of lines, in their order. */
export interface LineTakers {
  /** A resource that the store has, just like this. */
  readonly unchanged: (start: LineStart, line: TextLine) => void;
  /** Any other line. */
  readonly other: (line: TextLine) => Promise<void> | undefined;
}

interface Gathered {
  readonly lines: readonly { readonly line: TextLine; readonly start: LineStart | undefined }[];
  /** What has been on its way into the store since the store was asked, or was then. */
  readonly onItsWay: ReadonlySet<string>;
  /** What the store has of them, by type and id. */
  readonly present: Promise<PresentTexts>;
}

const maxLines = 4000;
const maxBytes = 2 * 1024 * 1024;
/** Fewer at the end of a file are not worth asking by themselves; they are looked up when they are written. */
const fewLines = 50;

/**
 * Tells lines that the store has already from those that are to be read, by their hashes, so that loading again costs little. Lines are gathered and
 * looked up together, while the next ones are gathered. A line passes for unchanged only when nothing about its resource is on its way into the store. Held in memory: three times 2 MB of lines.
 */
export class UnchangedLines {
  readonly #pool: Pool;
  readonly #writer: BatchWriter;
  readonly #trial = new Trial();
  #lines: { line: TextLine; start: LineStart | undefined }[] = [];
  #bytes = 0;
  #isTried: boolean | undefined;
  #asked: Gathered | undefined;

  constructor(pool: Pool, writer: BatchWriter) {
    this.#pool = pool;
    this.#writer = writer;
  }

  /** Takes the next line; a promise comes back only when the caller has to wait before it may go on. */
  add(line: TextLine, takers: LineTakers): Promise<void> | undefined {
    this.#isTried ??= this.#trial.isDue();
    if (!this.#isTried && this.#asked === undefined) {
      this.#count(line);
      return takers.other(line);
    }
    this.#lines.push({ line, start: readLineStart(line.bytes) });
    this.#count(line);
    return this.#bytes >= maxBytes || this.#lines.length >= maxLines
      ? this.#turn(takers)
      : undefined;
  }

  /** Gives everything that was gathered to the takers. */
  async flush(takers: LineTakers): Promise<void> {
    if (this.#lines.length >= fewLines) await this.#turn(takers);
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked !== undefined) await this.#settle(asked, takers);
    for (const { line } of this.#lines.splice(0)) await takers.other(line);
    this.#begin();
  }

  #count({ bytes }: TextLine): void {
    this.#bytes += bytes.length;
    if (this.#isTried === false && this.#bytes >= maxBytes) this.#begin();
  }

  #begin(): void {
    this.#bytes = 0;
    this.#isTried = undefined;
  }

  /** Asks about what was gathered, and deals with what was asked before meanwhile. */
  async #turn(takers: LineTakers): Promise<void> {
    const lines = this.#lines;
    this.#lines = [];
    this.#begin();
    const asked = this.#asked;
    await asked?.present;
    this.#asked = lines.length === 0 ? undefined : await this.#ask(lines);
    if (asked !== undefined) await this.#settle(asked, takers);
  }

  async #ask(lines: Gathered['lines']): Promise<Gathered> {
    // What is being written now could be what is asked about.
    await this.#writer.idle();
    const onItsWay = this.#writer.watch();
    const present = readPresent(
      this.#pool,
      lines.flatMap(({ start }) => start ?? []),
    );
    present.catch(() => undefined);
    return { lines, onItsWay, present };
  }

  async #settle(asked: Gathered, { unchanged, other }: LineTakers): Promise<void> {
    const present = await asked.present;
    let found = 0;
    for (const { line, start } of asked.lines) {
      const known = start && present.get(start.type)?.get(start.id);
      if (start !== undefined && known !== undefined && isThere(line, start, { known, asked })) {
        found += 1;
        unchanged(start, line);
      } else {
        await other(line);
      }
    }
    this.#writer.unwatch(asked.onItsWay);
    this.#trial.note(found > 0);
  }
}

function isThere(
  { bytes }: TextLine,
  start: LineStart,
  { known, asked }: { known: PresentText; asked: Gathered },
): boolean {
  if (asked.onItsWay.has(`${start.type}/${start.id}`)) return false;
  const cut = cutLine(bytes, start);
  return cut !== undefined && isPresent(cut, known);
}
