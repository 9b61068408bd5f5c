import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** A program that test/servers/install.sh brings; what is named after it is what it stands for. */
export type ServerName = keyof typeof standsFor;

const standsFor = {
  versitygw: 'S3',
  'fake-gcs-server': 'GCS',
  'gcp-storage-emulator': 'GCS, resumable uploads',
} as const;

const folder = resolve(import.meta.dirname, '../../.servers');

/** Where a program lies, whether it is there or not. */
export function serverProgram(name: ServerName): string {
  return join(folder, name);
}

/**
 * The programs that are there. With SLUICE_ALL_SERVERS=true, as in CI, one that is not is a failure.
 */
export function availableServers(): ServerName[] {
  const names = Object.keys(standsFor) as ServerName[];
  const missing = names.filter((name) => !existsSync(serverProgram(name)));
  if (missing.length > 0 && process.env['SLUICE_ALL_SERVERS'] === 'true') {
    throw new Error(`not installed: ${missing.join(', ')}; run test/servers/install.sh`);
  }
  return names.filter((name) => !missing.includes(name));
}

/**
 * Declares the tests that need a program, at the top of a test file. Where it is not installed they are
 * left out, which one line and the only test of this name say.
 */
export function withServer(name: ServerName, declareTests: () => void): void {
  if (availableServers().includes(name)) return declareTests();
  const note = `left out: ${standsFor[name]} (${name}); enable with test/servers/install.sh`;
  process.stderr.write(`${note}\n`);
  // Jest takes a file without a test for a mistake.
  test(note, () => undefined);
}
