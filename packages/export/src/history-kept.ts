import { parseInstant } from '@sluice/fhir';
import { ExportError } from './errors.ts';
import type { KickOff } from './export.ts';

/**
 * Refuses an `_until` that lies before what the store remembers: of a resource that changed since,
 * the version of that instant may be gone, and an export without it would look complete.
 *
 * @param limits instant texts, of which the latest counts: whatever was superseded after it is there
 * @throws ExportError that names the earliest instant that can be answered
 */
export function checkHistoryKept(kickOff: KickOff, limits: readonly (string | undefined)[]): void {
  const { until } = kickOff;
  const earliest = limits
    .map((limit) => (limit === undefined ? undefined : parseInstant(limit)?.text))
    .filter((limit) => limit !== undefined)
    .sort()
    .at(-1);
  if (until === undefined || earliest === undefined || until >= earliest) return;
  const text =
    `_until ${until} lies before ${earliest}, the earliest instant that can be answered: ` +
    'older versions of resources that have changed since are no longer kept.';
  throw new ExportError('invalid-parameter', text, {
    issues: [{ severity: 'error', code: 'value', text, expression: ['_until'] }],
  });
}
