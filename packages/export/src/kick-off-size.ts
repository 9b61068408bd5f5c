import { ExportError } from './errors.ts';
import type { KickOff } from './export.ts';

/** Most bytes of a kick-off that are stored, its patients not counted: whoever plans a part reads them. */
const maxStoredBytes = 262_144;

/**
 * Checks how long a kick-off is as it is stored.
 *
 * @throws ExportError `invalid-parameter`, `too-costly`
 */
export function checkKickOffSize(kickOff: KickOff): void {
  const bytes = Buffer.byteLength(JSON.stringify({ ...kickOff, patients: undefined }));
  if (bytes <= maxStoredBytes) return;
  const text = `The kick-off takes ${bytes} bytes with what the client is limited to, its patients not counted; at most ${maxStoredBytes} are accepted.`;
  const issues = [{ severity: 'error', code: 'too-costly', text } as const];
  throw new ExportError('invalid-parameter', text, { issues });
}
