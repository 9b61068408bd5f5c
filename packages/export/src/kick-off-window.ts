import { parseInstant, parsePartialDate, repairInstant, type Instant } from '@sluice/fhir';
import type { Level } from './export.ts';
import type { Findings } from './findings.ts';
import { singleValue, type GivenParameters } from './kick-off-parameters.ts';
import type { KickOffOptions } from './kick-off-request.ts';
import { quoted } from './quoted.ts';

/** A client that repeats our transactionTime must never fail, however its request was routed. */
const clockSkewMs = 60_000;

/** What `_since` and `_until` leave of time: changed after the one, as of the other. UTC instant text. */
export interface Window {
  readonly since?: string;
  readonly until?: string;
}

/**
 * `_since` and `_until` (or `_till`, its other name). A value that cannot be read is a fault in both
 * modes: without it a client would get more than it asked for, and would not notice. An `_until` at
 * or after the kick-off says nothing, since no export tells of what comes later.
 */
export function checkWindow(
  given: GivenParameters,
  level: Level,
  options: KickOffOptions,
  findings: Findings,
): Window {
  const since = checkInstant(given, '_since', findings);
  if (since !== undefined && since.epochMs > options.now + clockSkewMs) {
    const text = quoted(singleValue(given, '_since') ?? '');
    findings.reject('value', '_since', `_since ${text} lies in the future.`);
  }
  const name = checkUntilName(given, level, options, findings);
  const until = checkInstant(given, name, findings);
  if (since !== undefined && until !== undefined && since.text >= until.text) {
    const text = `${name} has to be later than _since; they are ${until.text} and ${since.text}.`;
    findings.reject('value', name, text);
  }
  return {
    ...(since === undefined ? {} : { since: since.text }),
    ...(until === undefined || until.epochMs >= options.now ? {} : { until: until.text }),
  };
}

/** Under which of its two names `_until` was given. */
function checkUntilName(
  given: GivenParameters,
  level: Level,
  options: KickOffOptions,
  findings: Findings,
): '_until' | '_till' {
  if (!given.has('_till')) return '_until';
  if (given.has('_until')) {
    findings.reject('invalid', '_till', '_till is another name of _until; only one may be given.');
  } else if (options.tillSystemOnly && level !== 'system') {
    const text = '_till belongs to exports at system level; accepted here: _until.';
    findings.reject('not-supported', '_till', text);
  }
  return '_till';
}

function checkInstant(
  given: GivenParameters,
  name: '_since' | '_until' | '_till',
  findings: Findings,
): Instant | undefined {
  const text = singleValue(given, name);
  if (text === undefined) return undefined;
  const instant = parseInstant(repairInstant(text.trim()));
  if (instant !== undefined) return instant;
  const start = parsePartialDate(text.trim());
  if (start === undefined) {
    const accepted = 'accepted: an instant such as 2026-01-31T09:30:00.000Z';
    findings.reject('value', name, `${name} ${quoted(text)} is not an instant; ${accepted}.`);
  } else {
    const read = `${name} ${quoted(text)} is a date, not an instant; it was read as ${start.text}.`;
    findings.warn('value', name, read);
  }
  return start;
}
