import type { Parse } from './cpu-cost.ts';

/** A parser and what texts for it begin with, so that they come further than its first check. */
export interface Parser {
  readonly parse: Parse;
  readonly beginnings: readonly string[];
}

/** A parser of text. */
export function ofText(parse: Parse, ...beginnings: string[]): Parser {
  return { parse, beginnings: ['', ...beginnings] };
}

/** A parser of bytes. */
export function ofBytes(parse: (bytes: Buffer) => unknown, ...beginnings: string[]): Parser {
  return ofText((text) => parse(Buffer.from(text)), ...beginnings);
}
