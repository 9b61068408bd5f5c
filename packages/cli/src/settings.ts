import { createRequire } from 'node:module';

/** The environment of the command. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the environment, once; an empty value counts as unset. */
export function readEnvironment(): Environment {
  return Object.fromEntries(
    Object.entries(process.env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
}

/** The version of this package. */
export function readVersion(): string {
  const require = createRequire(import.meta.url);
  const { version } = require('../package.json') as { version: string };
  return version;
}

/** The names of the store that the deployment's environment has: BASE_URL and LOCAL_BASES. */
export function configuredBases({ BASE_URL = '', LOCAL_BASES = '' }: Environment): string[] {
  return [BASE_URL, ...LOCAL_BASES.split(',')]
    .map((base) => base.trim())
    .filter((base) => base !== '');
}
