import type { Issue } from '@sluice/fhir';
import { ExportError } from './errors.ts';
import type { KickOff } from './export.ts';
import { named } from './quoted.ts';

/**
 * Decides what becomes of `patient` once the store has said which of them the level does not have
 * (unknown, or not a member of the Group). A lenient request goes on without them.
 *
 * @throws ExportError naming up to ten of them, in strict mode or when none is left
 */
export function keepPatients(kickOff: KickOff, absent: ReadonlySet<string>): KickOff {
  const { patients } = kickOff;
  const missing = patients?.filter((id) => absent.has(id)) ?? [];
  if (patients === undefined || missing.length === 0) return kickOff;
  const where = kickOff.level === 'group' ? 'are not members of the Group' : 'do not exist';
  const text = `patient: these ${where}: ${named(missing)}.`;
  const issue = { code: 'not-found', text, expression: ['patient'] } as const;
  const kept = patients.filter((id) => !absent.has(id));
  if (!kickOff.lenient || kept.length === 0) {
    throw new ExportError('invalid-parameter', text, { issues: [{ severity: 'error', ...issue }] });
  }
  const notice: Issue = { severity: 'warning', ...issue, text: `${text} They were left out.` };
  return { ...kickOff, patients: kept, notices: [...kickOff.notices, notice] };
}

/**
 * Decides what becomes of `patient` once the store has said which patients a client limited to Groups may have, present ones all
 * of them. Of the others nothing is said, not even whether they exist.
 *
 * @throws ExportError `forbidden` naming up to ten of them, in strict mode or when none is left
 */
export function keepPermitted(kickOff: KickOff, permitted: ReadonlySet<string>): KickOff {
  const { patients } = kickOff;
  const refused = patients?.filter((id) => !permitted.has(id)) ?? [];
  if (patients === undefined || refused.length === 0) return kickOff;
  const text = `patient: the client may not have the data of ${named(refused)}.`;
  const issue = { code: 'forbidden', text, expression: ['patient'] } as const;
  const kept = patients.filter((id) => permitted.has(id));
  if (!kickOff.lenient || kept.length === 0) {
    throw new ExportError('forbidden', text, { issues: [{ severity: 'error', ...issue }] });
  }
  const notice: Issue = { severity: 'warning', ...issue, text: `${text} They were left out.` };
  return { ...kickOff, patients: kept, notices: [...kickOff.notices, notice] };
}
