import { readSettings, SettingsError, type Settings, withoutEndSlashes } from '@sluice/runtime';
import { listOf } from './list-of.ts';

const names = [
  'PORT',
  'API_METRICS_PORT',
  'HOST',
  'BASE_URL',
  'LOCAL_BASES',
  'DATABASE_URL',
  'DATABASE_MAX_CONNECTIONS',
  'DATABASE_TIMEOUT',
  'REDIS_URL',
  'REDIS_PREFIX',
  'LOG_LEVEL',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  'EXPORT_SLOTS',
  'EXPORT_SLOT_SCOPE',
  'ON_BUSY',
  'MAX_WAITING_EXPORTS',
  'KICKOFF_HEADERS',
  'MAX_BODY_BYTES',
  'MAX_PATIENT_LIST_BYTES',
  'SUPPORTING_RESOURCES',
  'TILL_SYSTEM_ONLY',
  'PATIENT_PARAM_GET',
  'HISTORY_RETENTION',
  'RETENTION',
  'FILE_ACCESS',
  'SIGNED_URL_TTL',
  'AUTH_MODE',
  'ALLOW_OPEN',
  'AUTH_ISSUERS',
  'AUTH_AUDIENCE',
  'AUTH_LEEWAY',
  'AUTH_CLAIM_SUBJECT',
  'AUTH_CLAIM_CLIENT',
  'AUTH_CLAIM_SCOPES',
  'AUTH_CLAIM_GROUPS',
  'AUTH_CLAIM_PATIENTS',
  'AUTH_TOKEN_URL',
  'ALLOW_PRIVATE_JWKS',
  'CLIENTS_FILE',
  'TOKEN_TTL',
  'TOKEN_AUDIENCES',
  'JTI_REPLAY',
  'SIGNING_KEY_LIFE',
  'SMART_DISCOVERY_COMPAT',
  'REQUIRE_GROUP_READ',
  'OWNER_ISOLATION',
  'TLS_CERT',
  'TLS_KEY',
  'TRUST_PROXY',
  'CORS_ORIGINS',
  'MAX_CONNECTIONS',
  'REQUEST_TIMEOUT',
  'DOWNLOAD_STALL_TIMEOUT',
  'PROFILE',
  'TEST_PROFILE',
  'RETRY_AFTER_UNIT',
  'PROGRESS_FORM',
  'NOT_FOUND_CODE',
  'MANIFEST_STATUS',
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
  if (settings.BASE_URL !== undefined) return withoutEndSlashes(settings.BASE_URL);
  const everywhere = settings.HOST === '0.0.0.0' || settings.HOST === '::';
  const host = everywhere ? 'localhost' : settings.HOST;
  const scheme = settings.TLS_CERT === undefined ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/fhir`;
}

/** The other names of the FHIR base, without slashes at their ends. */
export function otherBases(settings: ApiSettings): string[] {
  return listOf(settings.LOCAL_BASES).map(withoutEndSlashes);
}

function faultsBetween(env: Environment): string[] {
  const valueOf = (name: string): string => env[name]?.trim() ?? '';
  const host = valueOf('HOST');
  const baseUrl = valueOf('BASE_URL');
  const isOpen = ['', 'none'].includes(valueOf('AUTH_MODE'));
  const faults: string[] = [];
  if (isOpen && host !== '' && !isLoopback(host) && valueOf('ALLOW_OPEN') !== 'true') {
    faults.push(
      `HOST is ${JSON.stringify(host)}; accepted: with AUTH_MODE=none a loopback address (127.0.0.1, ::1, localhost), or any with ALLOW_OPEN=true`,
    );
  }
  if (baseUrl !== '' && baseUrl.includes('://') && !/^https?:\/\/[^?#\s]+$/.test(baseUrl)) {
    faults.push('BASE_URL is not usable; accepted: an http or https URL without ? and #');
  }
  const wrong = listOf(env['LOCAL_BASES']).filter((base) => !/^https?:\/\/[^?#\s]+$/.test(base));
  if (wrong.length > 0) {
    faults.push(
      `LOCAL_BASES has ${JSON.stringify(wrong[0])}; accepted: http and https URLs without ? and #, separated by commas`,
    );
  }
  if (valueOf('AUTH_MODE') === 'jwt' && !/^https?:\/\/\S/.test(valueOf('AUTH_ISSUERS'))) {
    faults.push('AUTH_ISSUERS is needed with AUTH_MODE=jwt; accepted: URLs of issuers');
  }
  if ((valueOf('TLS_CERT') === '') !== (valueOf('TLS_KEY') === '')) {
    faults.push('TLS_CERT and TLS_KEY belong together; accepted: both, or neither');
  }
  const origins = listOf(valueOf('CORS_ORIGINS'));
  if (!origins.every((origin) => origin === '*' || isOrigin(origin))) {
    faults.push(
      'CORS_ORIGINS is not usable; accepted: origins such as https://app.example with commas between them, or *',
    );
  }
  return faults;
}

/** A scheme, a host and perhaps a port, as browsers send it: without a path or a slash at the end. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1|localhost)$/.test(host);
}
