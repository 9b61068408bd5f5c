import { readSettings, SettingsError, type Settings } from '@sluice/runtime';

const names = [
  'PORT',
  'HOST',
  'BASE_URL',
  'DATABASE_URL',
  'DATABASE_MAX_CONNECTIONS',
  'REDIS_URL',
  'REDIS_PREFIX',
  'LOG_LEVEL',
  'EXPORT_SLOTS',
  'EXPORT_SLOT_SCOPE',
  'ON_BUSY',
  'MAX_WAITING_EXPORTS',
  'KICKOFF_HEADERS',
  'MAX_BODY_BYTES',
  'SUPPORTING_RESOURCES',
  'TILL_SYSTEM_ONLY',
  'PATIENT_PARAM_GET',
  'HISTORY_RETENTION',
  'RETENTION',
  'FILE_ACCESS',
  'SIGNED_URL_TTL',
  'AUTH_MODE',
  'ALLOW_OPEN',
  'BOX_FHIR_BULK_STORAGE_PROVIDER',
  'FILE_STORAGE_DIR',
] as const;

/** Settings of the API process. */
export type ApiSettings = Settings<(typeof names)[number]>;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings of the API from the environment.
 *
 * @throws SettingsError with every fault, those between settings included
 */
export function readApiSettings(env: Environment = process.env): ApiSettings {
  const faults = faultsBetween(env);
  try {
    const settings = readSettings(names, env);
    if (faults.length === 0) return settings;
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    faults.unshift(...error.faults);
  }
  throw new SettingsError(faults);
}

/**
 * The FHIR base as clients see it, without a slash at its end. Forwarded headers play no part: who
 * stands behind a proxy sets BASE_URL.
 */
export function publicBaseUrl(settings: ApiSettings, port: number): string {
  if (settings.BASE_URL !== undefined) return settings.BASE_URL.replace(/\/+$/, '');
  const everywhere = settings.HOST === '0.0.0.0' || settings.HOST === '::';
  const host = everywhere ? 'localhost' : settings.HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/fhir`;
}

function faultsBetween(env: Environment): string[] {
  const host = env['HOST']?.trim() ?? '';
  const baseUrl = env['BASE_URL']?.trim() ?? '';
  const faults: string[] = [];
  if (host !== '' && !isLoopback(host) && env['ALLOW_OPEN']?.trim() !== 'true') {
    faults.push(
      `HOST is ${JSON.stringify(host)}; accepted: with AUTH_MODE=none a loopback address (127.0.0.1, ::1, localhost), or any with ALLOW_OPEN=true`,
    );
  }
  if (baseUrl !== '' && baseUrl.includes('://') && !/^https?:\/\/[^?#\s]+$/.test(baseUrl)) {
    faults.push('BASE_URL is not usable; accepted: an http or https URL without ? and #');
  }
  return faults;
}

function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1|localhost)$/.test(host);
}
