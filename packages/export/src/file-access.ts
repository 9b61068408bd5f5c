/**
 * How output files are reached: with a token of who started the export, or by a signature in their URL. Where there are tokens they
 * are asked for, unless FILE_ACCESS says otherwise; API and workers have to agree.
 */
export function fileAccess(settings: {
  readonly FILE_ACCESS: 'token' | 'signed' | undefined;
  readonly AUTH_MODE: 'none' | 'jwt' | 'smart';
}): 'token' | 'signed' {
  return settings.FILE_ACCESS ?? (settings.AUTH_MODE === 'none' ? 'signed' : 'token');
}
