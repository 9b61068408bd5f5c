import type { OutputKind } from './export.ts';
import type { PartState } from './export-state.ts';

/** A part as the finish sees it: what it was to read, what it read, what lies in its files. */
export interface PartRecord {
  readonly number: number;
  readonly kind: OutputKind;
  readonly type: string;
  readonly access: string;
  readonly state: PartState;
  readonly rangeFrom: number;
  readonly rangeTo: number;
  /** Rows that Postgres counted while sending them. */
  readonly resourcesRead: number;
  /** Of those, the ones that a filter or a fault kept out of the files. */
  readonly leftOut: number;
  readonly bytesWritten: number;
  /** Lines recorded for its files. */
  readonly resourcesInFiles: number;
  readonly bytesInFiles: number;
}

/**
 * Proves that an export is complete: every planned part is there and completed; for each type the
 * ranges follow one another without gap or overlap; and each file record holds as many resources as
 * Postgres sent but for those that were left out (deleted parts pack many rows into a line, which are counted as lines on both sides).
 *
 * @returns what is wrong, one line each; empty when the export is complete
 */
export function checkCompleteness(partsTotal: number, parts: readonly PartRecord[]): string[] {
  const faults: string[] = [];
  if (parts.length !== partsTotal) {
    faults.push(`${partsTotal} parts were planned, ${parts.length} are recorded`);
  }
  const chains = new Map<string, PartRecord[]>();
  for (const part of parts) {
    if (part.state !== 'completed') faults.push(`part ${part.number} is ${part.state}`);
    const written = part.resourcesRead - part.leftOut;
    if (written !== part.resourcesInFiles || part.bytesWritten !== part.bytesInFiles) {
      faults.push(
        `part ${part.number} read ${part.resourcesRead} resources, left ${part.leftOut} out and wrote ${part.bytesWritten} bytes, its files hold ${part.resourcesInFiles} and ${part.bytesInFiles}`,
      );
    }
    const key = `${part.kind} ${part.type} ${part.access}`;
    chains.set(key, [...(chains.get(key) ?? []), part]);
  }
  for (const [key, chain] of chains) faults.push(...chainFaults(key, chain));
  return faults;
}

function chainFaults(key: string, chain: readonly PartRecord[]): string[] {
  const ordered = [...chain].sort((a, b) => a.rangeFrom - b.rangeFrom);
  const faults: string[] = [];
  let reached = 0;
  for (const part of ordered) {
    if (part.rangeFrom !== reached) {
      faults.push(`${key}: part ${part.number} begins at ${part.rangeFrom}, not at ${reached}`);
    }
    reached = part.rangeTo;
  }
  if (reached !== rangeEnd) faults.push(`${key}: the last part ends at ${reached}`);
  return faults;
}

/** End of every last range: past any seq or ordinal there can be. */
export const rangeEnd = Number.MAX_SAFE_INTEGER;
