import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../support/free-port.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { serverProgram } from './available-servers.ts';
import { runServer, type ServerProcess } from './run-server.ts';

/** Key and secret of an account. */
export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An S3 of this machine: versitygw on a folder, with every rule of signatures. */
export interface VersityGw extends ServerProcess {
  readonly url: string;
  readonly region: string;
  /** The account that owns every bucket and may do everything. */
  readonly root: S3Keys;
  /** Where multipart uploads lie, as `<bucket>/.sgwtmp/multipart`, and objects. */
  readonly dataFolder: string;
  /** Makes an account that may do what bucket policies allow it; its name is its access key. */
  addAccount(keys: S3Keys): Promise<void>;
}

const run = promisify(execFile);
const region = 'us-east-1';
const root = { accessKeyId: 'AKIASLUICETESTS', secretAccessKey: 'root+secret/of/the-tests' };

/** Starts versitygw on a free port with a folder that is gone after the last test of the file. */
export async function startVersityGw(): Promise<VersityGw> {
  const port = await freePort();
  const folder = await tempFolder('versitygw');
  const dataFolder = join(folder, 'data');
  // It wants absolute paths, and makes neither.
  for (const name of [dataFolder, join(folder, 'iam')]) await mkdir(name);
  const url = `http://127.0.0.1:${port}`;
  const program = serverProgram('versitygw');
  const credentials = { ROOT_ACCESS_KEY: root.accessKeyId, ROOT_SECRET_KEY: root.secretAccessKey };
  const server = await runServer({
    program,
    args: [
      ...['--port', `127.0.0.1:${port}`, '--region', region, '--health', '/health', '--quiet'],
      ...['--iam-dir', join(folder, 'iam'), '--iam-cache-disable', 'posix', dataFolder],
    ],
    env: credentials,
    isReady: async () => (await fetch(`${url}/health`)).ok,
  });
  const addAccount = async (keys: S3Keys): Promise<void> => {
    const { accessKeyId, secretAccessKey } = keys;
    const admin = ['admin', '--access', root.accessKeyId, '--secret', root.secretAccessKey];
    const account = ['--access', accessKeyId, '--secret', secretAccessKey, '--role', 'user'];
    await run(program, [
      ...admin,
      ...['--region', region, '--endpoint-url', url, 'create-user'],
      ...account,
    ]);
  };
  return { ...server, url, region, root, dataFolder, addAccount };
}
