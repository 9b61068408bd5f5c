import type { Export, Scope } from '@sluice/export';
import { text, texts } from './literals.ts';
import { inCompartmentsOf, isOf, joinedMembers } from './membership.ts';
import {
  directTypes,
  hasPassed,
  isAbout,
  isLatest,
  isRightGroup,
  targetExists,
  targetIs,
} from './provenance-query.ts';
import { versionsPresent, type PartQueryOptions } from './versions-wanted.ts';

/*
 * Whose references count of Provenance: what an export holds for the resources it tells of, whatever the age of these. With
 * includeAssociatedData it is there for its targets, and stands where they stand.
 */

/** The Provenance `r` that is there for what the level itself holds, as conditions. */
export function aboutLevel(
  of: Export,
  scope: Pick<Scope, 'sources' | 'supporting' | 'exportedTargets'>,
  options: PartQueryOptions,
): string[] {
  const inScope = (type: string): string[] => inCompartmentsOf(of, type, 'output');
  return [
    ...presentProvenance(of, options),
    scope.exportedTargets
      ? targetIs([isInLevel(of, scope, options), ...latest(of, options)])
      : isAbout(of, inScope, options),
  ];
}

/** That `r` is there for a patient who joined after `_since`. */
export function isAboutJoined(of: Export, options: PartQueryOptions): string {
  const joined = joinedMembers(of);
  return joined === undefined ? 'false' : isAbout(of, (type) => [isOf(type, joined)], options);
}

/** With includeAssociatedData: the Provenance `r` that is there for a supporting resource `f`; conditions on `r` and its target `t`. */
export function aboutFound(
  of: Export,
  { supporting }: Pick<Scope, 'supporting'>,
  options: PartQueryOptions,
): string[] {
  const target = { type: 't.target_type', among: supporting, kind: 'output' } as const;
  return [
    't.target_type = f.type',
    't.target_id = f.id',
    ...hasPassed(of),
    ...presentProvenance(of, options),
    ...latest(of, options),
    targetExists(versionsPresent(of, target, options)),
  ];
}

function presentProvenance(of: Export, options: PartQueryOptions): string[] {
  return versionsPresent(of, { type: text('Provenance'), kind: 'output' }, options);
}

function latest(of: Export, options: PartQueryOptions): string[] {
  return of.kickOff.associated?.provenance === 'latest' ? [isLatest(of, options)] : [];
}

/** That the target is exported, but for its age; of filtered types those that passed. When supporting types are named alone, it is the data of the level. */
function isInLevel(
  of: Export,
  { sources, supporting }: Pick<Scope, 'sources' | 'supporting'>,
  options: PartQueryOptions,
): string {
  const named = directTypes(of, of.kickOff.types);
  const types = [
    ...(named.length > 0 ? named : sources),
    ...supporting.filter((type) => type === 'Device'),
  ];
  const target = { type: 't.target_type', among: types, kind: 'output' } as const;
  return [
    `t.target_type in (${texts(types)})`,
    ...hasPassed(of),
    ...isRightGroup(of),
    targetExists([
      ...versionsPresent(of, target, options),
      ...inCompartmentsOf(of, target.type, 'output'),
    ]),
  ].join(' and ');
}
