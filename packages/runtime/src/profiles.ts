import type { VariableName } from './variables.ts';

/** Texts in place of the usual defaults. */
export type Preset = Readonly<Partial<Record<VariableName, string>>>;

/** What the choices of PROFILE stand for. They set only what has a switch of its own. SPEC I-132 */
export const profiles: Readonly<Record<string, Preset>> = {
  ig: {},
  // SPEC I-004, I-023, I-113
  aidbox: { FILE_ACCESS: 'signed', MANIFEST_STATUS: 'true' },
  // SPEC I-070, I-082, I-087
  azure: { MAX_RESOURCES_PER_FILE: '5000', ON_BUSY: 'queue', TILL_SYSTEM_ONLY: 'true' },
  // SPEC I-100, I-102, I-103, I-106
  vendor4: {
    FILE_ACCESS: 'token',
    NOT_FOUND_CODE: 'forbidden',
    PROGRESS_FORM: 'word',
    RETRY_AFTER_UNIT: 'milliseconds',
  },
};

/** What TEST_PROFILE stands for: suites use one token and one assertion for long, and serve keys over http. SPEC G-080 */
export const testProfile: Preset = {
  ALLOW_PRIVATE_JWKS: 'true',
  JTI_REPLAY: 'off',
  SMART_DISCOVERY_COMPAT: 'true',
  TOKEN_TTL: '3600s',
};

/** The defaults that an environment asks for by PROFILE and TEST_PROFILE. */
export function presetOf(env: Readonly<Record<string, string | undefined>>): Preset {
  const profile = profiles[env['PROFILE']?.trim() ?? ''] ?? {};
  return env['TEST_PROFILE']?.trim() === 'true' ? { ...profile, ...testProfile } : profile;
}
