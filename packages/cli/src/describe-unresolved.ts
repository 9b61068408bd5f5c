import type { UnresolvedReferences } from '@sluice/loader';
import { formatCount } from './format.ts';

/** What each kind is, and the remedy. */
const kinds: Readonly<Record<UnresolvedReferences['kind'], readonly [string, string]>> = {
  elsewhere: [
    'References to other servers',
    'If one is a name of this store, run sluice check --repair --base-url with it.',
  ],
  urn: ['References to urn: names of no entry of their Bundle', 'Load the whole Bundle.'],
  search: [
    'Searches by something else than one identifier or _id',
    'They are not followed; refer by identifier.',
  ],
  none: ['Searches that find no resource', 'Load what they look for.'],
  several: ['Searches that find several resources', 'Leave one resource with the identifier.'],
  missing: ['Resources that are referred to and missing', 'Load them.'],
};

/**
 * References that lead nowhere, as lines of text. Which patient one names is not shown: what a command
 * prints ends up in the log of a job. `--json` has it.
 */
export function describeUnresolved(unresolved: readonly UnresolvedReferences[]): string[] {
  return unresolved.map(({ kind, count, examples }) => {
    const [what, remedy] = kinds[kind];
    return `${what}: ${formatCount(count)}, such as ${examples.map(withoutPatient).join(', ')}. ${remedy}`;
  });
}

function withoutPatient(reference: string): string {
  return reference.replace(/\bPatient([/?]).*/s, 'Patient$1…');
}
