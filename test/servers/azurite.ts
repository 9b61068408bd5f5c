import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { SelfSignedCertificate } from './self-signed-certificate.ts';

/** Azurite, Microsoft's emulator of Azure Blob Storage, with one storage account. */
export interface Azurite {
  /** URL of the account, as an endpoint setting takes it. */
  readonly endpoint: string;
  readonly storageAccount: string;
  /** Base64. */
  readonly accountKey: string;
  stop(): Promise<void>;
}

/** How the server is reached. */
export interface AzuriteOptions {
  /** Over https with this certificate; it then takes bearer tokens too, whoever has signed them. */
  readonly certificate?: SelfSignedCertificate;
}

const storageAccount = 'sluicetests';
const accountKey = Buffer.from('a key of the tests, and no secret').toString('base64');

/** Starts a server on a free port. It ends with the process that started it. */
export async function startAzurite({ certificate }: AzuriteOptions = {}): Promise<Azurite> {
  // It writes into it whenever it likes, so it is `stop` that removes it, once it has ended.
  const folder = await mkdtemp(join(tmpdir(), 'sluice-azurite-'));
  const secure = certificate ? ['--oauth', 'basic'] : [];
  for (const [kind, text] of Object.entries(certificate ?? {})) {
    await writeFile(join(folder, `${kind}.pem`), String(text));
    secure.push(`--${kind}`, join(folder, `${kind}.pem`));
  }
  const server = fork(
    createRequire(import.meta.filename).resolve('azurite/dist/src/blob/main.js'),
    [
      ...['--blobHost', '127.0.0.1', '--blobPort', '0', '--location', folder],
      ...['--silent', '--disableTelemetry', ...secure],
    ],
    {
      execArgv: [
        '--import',
        `data:text/javascript,process.once('disconnect', () => process.exit())`,
      ],
      env: { ...process.env, AZURITE_ACCOUNTS: `${storageAccount}:${accountKey}` },
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    },
  );
  const exited = once(server, 'exit');
  const stop = async (): Promise<void> => {
    server.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  const output = server.stdout as Readable;
  for await (const line of createInterface({ input: output })) {
    const url = /successfully listens on (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    output.resume();
    const endpoint = `${url}/${storageAccount}`;
    return { endpoint, storageAccount, accountKey, stop };
  }
  throw new Error('Azurite ended before it listened');
}

/** A token of Microsoft Entra ID as Azurite wants to see it; nobody has signed it. */
export function accessTokenFor(seconds: number): { token: string; expiresOnTimestamp: number } {
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    aud: 'https://storage.azure.com',
    iss: 'https://sts.windows.net/22222222-2222-2222-2222-222222222222/',
    iat: now,
    nbf: now - 60,
    exp: now + seconds,
    oid: '33333333-3333-3333-3333-333333333333',
    tid: '22222222-2222-2222-2222-222222222222',
  };
  const parts = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  return { token: [...parts, 'c2lnbmF0dXJl'].join('.'), expiresOnTimestamp: claims.exp * 1000 };
}
