import type { Issue, IssueCode } from '@sluice/fhir';
import { ExportError, type ExportErrorCode } from './errors.ts';
import type { KickOff } from './export.ts';
import { named } from './quoted.ts';

/**
 * Decides what becomes of `patient` once the store has said which of them the level does not have
 * (unknown, or not a member of the Group). A lenient request goes on without them.
 *
 * @throws ExportError naming up to ten of them, in strict mode or when none is left
 */
export function keepPatients(kickOff: KickOff, absent: ReadonlySet<string>): KickOff {
  const where = kickOff.level === 'group' ? 'are not members of the Group' : 'do not exist';
  return leaveOut(kickOff, (id) => absent.has(id), {
    code: 'invalid-parameter',
    issueCode: 'not-found',
    textOf: (ids) => `patient: these ${where}: ${ids}.`,
  });
}

/**
 * Decides what becomes of `patient` once the store has said which patients a client limited to Groups may have, present ones all
 * of them. Of the others nothing is said, not even whether they exist.
 *
 * @throws ExportError `forbidden` naming up to ten of them, in strict mode or when none is left
 */
export function keepPermitted(kickOff: KickOff, permitted: ReadonlySet<string>): KickOff {
  return leaveOut(kickOff, (id) => !permitted.has(id), {
    code: 'forbidden',
    issueCode: 'forbidden',
    textOf: (ids) => `patient: the client may not have the data of ${ids}.`,
  });
}

/** How patients that are not exported are refused, or told of in a notice. */
interface Refusal {
  readonly code: ExportErrorCode;
  readonly issueCode: IssueCode;
  /** Given up to ten ids. */
  readonly textOf: (ids: string) => string;
}

function leaveOut(
  kickOff: KickOff,
  isRefused: (id: string) => boolean,
  { code, issueCode, textOf }: Refusal,
): KickOff {
  const { patients } = kickOff;
  const refused = patients?.filter(isRefused) ?? [];
  if (patients === undefined || refused.length === 0) return kickOff;
  const text = textOf(named(refused));
  const issue = { code: issueCode, text, expression: ['patient'] } as const;
  const kept = patients.filter((id) => !isRefused(id));
  if (!kickOff.lenient || kept.length === 0) {
    throw new ExportError(code, text, { issues: [{ severity: 'error', ...issue }] });
  }
  const notice: Issue = { severity: 'warning', ...issue, text: `${text} They were left out.` };
  return { ...kickOff, patients: kept, notices: [...kickOff.notices, notice] };
}
