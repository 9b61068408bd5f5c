import { ExportError } from '@sluice/export';
import type { ClaimedPart, Tries } from '@sluice/postgres';
import type { FaultKind } from './classify-fault.ts';

/** Tries after which a part is given up, by what ended them. */
const most = {
  /** Faults that pass: with pauses of up to 10 s, some four minutes. */
  retries: 30,
  /** Faults of which nobody can say whether they pass. */
  faults: 3,
  /** Workers that were lost. */
  losses: 5,
} as const satisfies Record<keyof Tries, number>;

/** Times that planning one export is begun. Whoever ends it in order ends it for good, so each but the last lost its worker. */
const mostPlans = most.losses;

/** @throws ExportError `export-failed` for a part that has lost its workers time and again */
export function checkPartTries({ type, tries }: Pick<ClaimedPart, 'type' | 'tries'>): void {
  const { losses } = tries;
  if (losses < most.losses) return;
  throw new ExportError(
    'export-failed',
    `The export was given up: ${losses} times a worker was lost while it wrote one part of ${type}.`,
  );
}

/** @throws ExportError `export-failed` for an export whose planning has lost its workers time and again */
export function checkPlanTries(times: number): void {
  if (times <= mostPlans) return;
  throw new ExportError(
    'export-failed',
    `The export was given up: ${times - 1} times a worker was lost while it planned the export.`,
  );
}

/**
 * What the next fault of a part counts as, when the part is to be tried again; `undefined`: it is
 * given up with that fault.
 */
export function countsAs(kind: FaultKind, tries: Tries): 'retries' | 'faults' | undefined {
  if (kind === 'permanent') return undefined;
  const counter = kind === 'passing' ? 'retries' : 'faults';
  return tries[counter] + 1 < most[counter] ? counter : undefined;
}

/** Ms to wait before the next try: growing, and not the same for all. */
export function pauseBefore({ retries, faults }: Tries, random = Math.random()): number {
  return Math.round(Math.min(100 * 2 ** (retries + faults), 10_000) * (0.5 + random / 2));
}
