import type { AuditEvent } from '@sluice/export';
import { recordEvent, type Pool } from '@sluice/postgres';
import { errorFacts, type Logger } from '@sluice/runtime';
import { RefusalLimits } from './refusal-limits.ts';

const minuteMs = 60_000;

/** The record of who did what, for the routes. */
export interface Audit {
  /** Records what is done; what cannot be recorded is not to be done. */
  record(event: Omit<AuditEvent, 'at'>): Promise<void>;
  /** Records a refused attempt, later and within limits: whoever is refused must not fill the database. */
  refused(event: Omit<AuditEvent, 'at' | 'action' | 'succeeded'>): void;
  /** Records how many refused attempts were not recorded one by one, and ends. */
  close(): Promise<void>;
}

/** Creates the record of one process. */
export function createAudit({ pool, log }: { readonly pool: Pool; readonly log: Logger }): Audit {
  const limits = new RefusalLimits();
  const record = (event: Omit<AuditEvent, 'at'>): Promise<void> => recordEvent(pool, event);
  const recordRefusal = async (event: Parameters<Audit['refused']>[0]): Promise<void> => {
    try {
      await record({ ...event, action: 'refuse', succeeded: false });
    } catch (error) {
      log.warn('refused attempt not recorded', errorFacts(error));
    }
  };
  const recordOthers = async (): Promise<void> => {
    for (const { source: address, count } of limits.drain()) {
      await recordRefusal({ address, detail: { more: count, reason: 'not recorded one by one' } });
    }
  };
  const timer = setInterval(() => void recordOthers(), minuteMs);
  timer.unref();
  return {
    record,
    refused: (event) => {
      if (limits.admit(event.address)) void recordRefusal(event);
    },
    close: async () => {
      clearInterval(timer);
      await recordOthers();
    },
  };
}
