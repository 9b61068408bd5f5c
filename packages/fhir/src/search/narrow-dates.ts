import { beginningOfTime, endOfTime } from './date-range.ts';
import type { DateValue } from './date.ts';
import { always, anyOf, type Narrowing, textOf } from './narrowing.ts';
import type { ElementPath, SearchParameter } from './parameters.ts';
import type { Criterion } from './type-filter.ts';

/**
 * What the dates that a filter asks for have to begin with in the text. Only a window that is closed on both sides says something: a month
 * can be looked for, "from 2020 on" cannot. Both sides may come from two parameters (`date=ge2020&date=lt2021`) where an
 * element has one date only; a period can meet the two with its two ends.
 */
export function narrowDates(criteria: readonly Criterion[]): Narrowing[] {
  const byParameter = new Map<SearchParameter, (readonly DateValue[])[]>();
  for (const { parameter, condition } of criteria) {
    if (condition.kind === 'date' && parameter.name !== '_lastUpdated') {
      const values = byParameter.get(parameter);
      if (values === undefined) byParameter.set(parameter, [condition.values]);
      else values.push(condition.values);
    }
  }
  return [...byParameter].map(([{ paths }, values]) =>
    anyOf(paths.map((path) => narrowPath(path, values, paths.length > 1))),
  );
}

/** Of the date that is found, its end has to be after `from` and its beginning before `to`. */
interface Window {
  readonly from: bigint;
  readonly to: bigint;
}

/** `values`: one list for each time the parameter is given; all lists have to be met, each by any of its values. */
function narrowPath(
  path: ElementPath,
  values: readonly (readonly DateValue[])[],
  isOneOfSome: boolean,
): Narrowing {
  const windows = values.map((each) => each.map(windowOf).reduce(hull));
  const isOneDate =
    path.type !== 'Period' && path.type !== 'Timing' && path.steps.every((step) => !step.repeats);
  const candidates = isOneDate
    ? [windows.reduce(overlap)]
    : windows.filter((_, index) => values[index]?.every(({ prefix }) => prefix === 'eq'));
  for (const window of candidates) {
    const beginnings = dateBeginnings(window);
    if (beginnings !== undefined) {
      return anyOf(beginnings);
    }
  }
  // A choice has other elements beside it: which of them is there says something.
  const name = path.steps.at(-1)?.name;
  return isOneOfSome && name !== undefined ? textOf(name) : always;
}

function windowOf({ prefix, range: { from, to } }: DateValue): Window {
  switch (prefix) {
    case 'eq':
      return { from, to };
    case 'ge':
      return { from, to: endOfTime };
    case 'gt':
    case 'sa':
      return { from: to, to: endOfTime };
    case 'le':
      return { from: beginningOfTime, to };
    case 'lt':
    case 'eb':
      return { from: beginningOfTime, to: from };
    case 'ne':
    case 'ap':
      return { from: beginningOfTime, to: endOfTime };
  }
}

function hull(a: Window, b: Window): Window {
  return { from: a.from < b.from ? a.from : b.from, to: a.to > b.to ? a.to : b.to };
}

function overlap(a: Window, b: Window): Window {
  return { from: a.from > b.from ? a.from : b.from, to: a.to < b.to ? a.to : b.to };
}

/** More texts than this to look for cost more than they save. */
const mostBeginnings = 16;
/** Local dates may be that far from UTC. */
const hoursOff = 14;
const msPerHour = 3_600_000;

/**
 * The days, months or years that a window touches, as dates in the text begin; with days and months, the coarser dates that stand for the
 * whole of them. `undefined` when they are too many.
 */
function dateBeginnings({ from, to }: Window): Narrowing[] | undefined {
  if (from <= beginningOfTime || to >= endOfTime) {
    return undefined;
  }
  // Where the window is inside out (after March and before February), a date that covers what is between can still meet both.
  const [lower, upper] = from < to ? [from, to] : [to, from];
  const first = Number(lower / 1_000_000n) - hoursOff * msPerHour;
  const last = Number(upper / 1_000_000n) + hoursOff * msPerHour;
  const [years, months, days] = [4, 7, 10].map((length) => periodsBetween(first, last, length));
  const whole = (periods: readonly string[] = []) => periods.map(textOf);
  const open = (periods: readonly string[]) => periods.map((each) => ({ text: `"${each}` }));
  if (days !== undefined) {
    return [...open(days), ...whole(months), ...whole(years)];
  }
  if (months !== undefined) {
    return [...open(months), ...whole(years)];
  }
  return years && open(years);
}

/** The dates of so many characters between two moments, both included; `undefined` when they are too many, or out of the calendar. */
function periodsBetween(first: number, last: number, length: number): string[] | undefined {
  const dateAt = (ms: number) => new Date(ms).toISOString().slice(0, length);
  const step = length === 10 ? 24 : length === 7 ? 24 * 28 : 24 * 365;
  const isInCalendar = first >= Date.UTC(1000) && last < Date.UTC(9999);
  if (!isInCalendar || (last - first) / msPerHour / step > mostBeginnings) {
    return undefined;
  }
  const found = new Set<string>();
  for (let at = first; at < last; at += step * msPerHour) {
    found.add(dateAt(at));
  }
  return [...found.add(dateAt(last))];
}
