import { typesOfLevel, type Export, type Scope } from '@sluice/export';
import { text, texts } from './literals.ts';
import { inCompartmentsOf, isOf, joinedMembers } from './membership.ts';
import {
  directTypes,
  hasPassed,
  isAbout,
  isLatest,
  isRightGroup,
  seqsOfTargets,
  targetExists,
  targetIs,
} from './provenance-query.ts';
import { versionsPresent, type PartQueryOptions } from './versions-wanted.ts';

/*
 * Whose references count of Provenance: what an export holds for the resources it tells of, whatever the age of these. With
 * includeAssociatedData it is there for its targets, and stands where they stand.
 */

/**
 * The Provenance `r` that is there for what the level itself holds, as conditions.
 *
 * @param isMuch whether there is so much of it that it has to be found from its targets: to look at the targets of each takes 0.5 ms
 */
export function aboutLevel(
  of: Export,
  scope: Pick<Scope, 'sources' | 'supporting' | 'exportedTargets'>,
  options: PartQueryOptions,
  isMuch: boolean,
): string[] {
  const inScope = (type: string): string[] => inCompartmentsOf(of, type, 'output');
  const { exportedTargets } = scope;
  const types = exportedTargets ? typesHeld(of, scope) : typesOfLevel(of.kickOff.level);
  const held = (type: string): string[] => [
    ...versionsPresent(of, { type, among: types, kind: 'output' }, options),
    ...inScope(type),
  ];
  const ofTarget = exportedTargets
    ? [...hasPassed(of), ...isRightGroup(of), ...latest(of, options)]
    : [];
  const present = presentProvenance(of, options);
  if (isMuch) {
    const own = [`r.type = ${text('Provenance')}`, ...inScope(text('Provenance'))];
    const ways = [
      seqsOfTargets(of, held('r.type'), ofTarget),
      ...(exportedTargets
        ? []
        : [`select r.seq from sluice.resources r where ${own.join(' and ')}`]),
    ];
    return [...present, `r.seq in (${ways.join('\n    union all\n    ')})`];
  }
  if (!exportedTargets) return [...present, isAbout(of, inScope, options)];
  const target = [
    `t.target_type in (${texts(types)})`,
    ...ofTarget,
    targetExists(held('t.target_type')),
  ];
  return [...present, targetIs(of, target)];
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

/** The types of what is exported, but for supporting resources that are no Devices. When supporting types are named alone, those of the level's data. */
function typesHeld(
  of: Export,
  { sources, supporting }: Pick<Scope, 'sources' | 'supporting'>,
): string[] {
  const named = directTypes(of, of.kickOff.types);
  return [
    ...(named.length > 0 ? named : sources),
    ...supporting.filter((type) => type === 'Device'),
  ];
}
