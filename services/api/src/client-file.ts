import { readFile } from 'node:fs/promises';
import { unwatchFile, watchFile } from 'node:fs';
import { readClients } from '@sluice/auth';
import { replaceFileClients, type Pool } from '@sluice/postgres';
import { errorFacts, type Logger } from '@sluice/runtime';

const lookEveryMs = 1000;

/**
 * Registers the clients of CLIENTS_FILE, and does so again whenever it changes. A change that cannot be understood is told in the
 * log and has no effect.
 *
 * @returns what ends it
 * @throws when the file cannot be read or understood at first
 */
export async function followClientFile(
  path: string,
  { pool, log }: { readonly pool: Pool; readonly log: Logger },
): Promise<() => void> {
  const apply = async (): Promise<void> => {
    const clients = readClients(await readFile(path, 'utf8'));
    await replaceFileClients(pool, clients);
    log.info('clients read', { clients: clients.length });
  };
  await apply();
  let last = Promise.resolve();
  const onChange = (): void => {
    last = last.then(apply).catch((error: unknown) => {
      log.error('CLIENTS_FILE not understood', errorFacts(error));
    });
  };
  // By asking for its state: what Kubernetes mounts is changed by a symbolic link, which tells nobody.
  watchFile(path, { interval: lookEveryMs, persistent: false }, onChange);
  return () => unwatchFile(path, onChange);
}
