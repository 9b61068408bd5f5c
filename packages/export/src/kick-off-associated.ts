import type { AssociatedData } from './export.ts';
import type { Findings } from './findings.ts';
import { listedValues, type GivenParameters } from './kick-off-parameters.ts';
import { named } from './quoted.ts';

const name = 'includeAssociatedData';
const latest = 'LatestProvenanceResources';
const relevant = 'RelevantProvenanceResources';
const versions = ['_history', '_deleted'];
const accepted = [latest, relevant, ...versions];

/**
 * `includeAssociatedData`: what an export holds besides the resources asked for. Of the two ways to
 * have Provenance the one that gives more wins. Versions that are not the newest, and tombstones,
 * cannot be searched, so `_history` and `_deleted` do not go with filters (SPEC A.12).
 *
 * @param isFiltered whether a `_typeFilter`, or a limit of rights, has effect
 * @returns `undefined` when there is nothing of the kind
 */
export function checkAssociated(
  given: GivenParameters,
  isFiltered: boolean,
  findings: Findings,
): AssociatedData | undefined {
  if (!given.has(name)) return undefined;
  const codes = listedValues(given, name);
  const known = accepted.filter((code) => codes.includes(code));
  const unknown = codes.filter((code) => !accepted.includes(code));
  if (unknown.length > 0 || codes.length === 0) {
    const what = unknown.length > 0 ? `${named(unknown)} is not supported` : 'has no value';
    const text = `${name}: ${what}; accepted: ${accepted.join(', ')}.`;
    findings.rejectUnlessLenient('not-supported', name, text, 'It was ignored.');
  }
  const kept = isFiltered ? withoutVersions(known, findings) : known;
  return kept.length === 0 ? undefined : associatedData(kept);
}

function withoutVersions(codes: readonly string[], findings: Findings): string[] {
  const conflicting = codes.filter((code) => versions.includes(code));
  if (conflicting.length > 0) {
    const text = `${name}: ${conflicting.join(' and ')} cannot be combined with _typeFilter.`;
    findings.rejectUnlessLenient('not-supported', name, text, 'Only the _typeFilter was obeyed.');
  }
  return codes.filter((code) => !versions.includes(code));
}

function associatedData(codes: readonly string[]): AssociatedData {
  const provenance = codes.includes(relevant)
    ? 'relevant'
    : codes.includes(latest)
      ? 'latest'
      : undefined;
  return {
    ...(provenance === undefined ? {} : { provenance }),
    ...(codes.includes('_history') ? { history: true } : {}),
    ...(codes.includes('_deleted') ? { deleted: true } : {}),
  };
}
