import type { AuditEvent } from '@sluice/export';
import { recordEvent, type Pool } from '@sluice/postgres';
import { errorFacts, type Logger } from '@sluice/runtime';

/** Attempts of nobody known that are recorded in a minute; more of them are counted. */
const mostRefusals = 300;
const minuteMs = 60_000;

/** The record of who did what, for the routes. */
export interface Audit {
  /** Records what is done; what cannot be recorded is not to be done. */
  record(event: Omit<AuditEvent, 'at'>): Promise<void>;
  /** Records a refused attempt, later and within limits: whoever is refused must not fill the database. */
  refused(event: Omit<AuditEvent, 'at' | 'action' | 'succeeded'>): void;
}

/** Creates the record of one process. */
export function createAudit(deps: {
  readonly pool: Pool;
  readonly log: Logger;
  readonly now: () => number;
}): Audit {
  const { pool, log, now } = deps;
  const record = (event: Omit<AuditEvent, 'at'>): Promise<void> => recordEvent(pool, event);
  let minute = 0;
  let refusals = 0;
  return {
    record,
    refused: (event) => {
      const current = Math.floor(now() / minuteMs);
      if (current !== minute) {
        if (refusals > mostRefusals) {
          log.warn('refused attempts not recorded', { count: refusals - mostRefusals });
        }
        minute = current;
        refusals = 0;
      }
      refusals += 1;
      if (refusals > mostRefusals) return;
      record({ ...event, action: 'refuse', succeeded: false }).catch((error: unknown) =>
        log.warn('refused attempt not recorded', errorFacts(error)),
      );
    },
  };
}
