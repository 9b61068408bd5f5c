import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../support/free-port.ts';
import { tempFolder } from '../../support/temp-folder.ts';
import { waitFor } from '../../support/wait-for.ts';
import { formatManifests, type Manifest } from './manifest.ts';
import { run, toolFolder, type Run } from './tools.ts';

/** A real API server of Kubernetes, with etcd and without anything that acts on what is stored. */
export interface ApiServer {
  /** `kubectl` as an administrator. */
  kubectl(args: readonly string[], input?: string): Promise<Run>;
  /** What the server says of objects it is not to store: strictly, and a warning is a fault. */
  dryRun(objects: string | readonly object[]): Promise<Run>;
  stop(): Promise<void>;
}

/** Starts etcd and kube-apiserver on free ports of this machine. */
export async function startApiServer(): Promise<ApiServer> {
  const folder = await tempFolder('kube');
  const [clients, peers, port] = [await freePort(), await freePort(), await freePort()];
  const etcdUrl = `http://127.0.0.1:${clients}`;
  const peerUrl = `http://127.0.0.1:${peers}`;
  const etcd = start('etcd', folder, [
    ...['--data-dir', join(folder, 'etcd'), '--log-level', 'error'],
    ...['--listen-client-urls', etcdUrl, '--advertise-client-urls', etcdUrl],
    ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
    ...['--initial-cluster', `default=${peerUrl}`],
  ]);
  const key = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const file = (name: string): string => join(folder, name);
  await mkdir(file('certificates'));
  await writeFile(file('key.pem'), key.privateKey);
  await writeFile(file('tokens.csv'), 'administrator,administrator,1,system:masters\n');
  const server = start(join(toolFolder, 'bin', 'kube-apiserver'), folder, [
    `--etcd-servers=${etcdUrl}`,
    `--cert-dir=${file('certificates')}`,
    ...['--bind-address=127.0.0.1', `--secure-port=${port}`],
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${file('key.pem')}`,
    `--service-account-signing-key-file=${file('key.pem')}`,
    `--token-auth-file=${file('tokens.csv')}`,
    '--service-cluster-ip-range=10.0.0.0/24',
    '--allow-privileged=true',
  ]);
  const access = [
    `--server=https://127.0.0.1:${port}`,
    '--token=administrator',
    '--insecure-skip-tls-verify',
    `--cache-dir=${file('cache')}`,
  ];
  const api: ApiServer = {
    kubectl: async (args, input = '') => await run('kubectl', [...access, ...args], { input }),
    dryRun: async (objects) =>
      await api.kubectl(
        [
          ...['apply', '--server-side', '--dry-run=server', '--filename=-'],
          ...['--validate=strict', '--warnings-as-errors'],
        ],
        typeof objects === 'string' ? objects : formatManifests(objects),
      ),
    stop: async () => {
      await end(server);
      await end(etcd);
    },
  };
  await waitFor(async () => (await api.kubectl(['get', '--raw', '/readyz'])).code === 0, {
    timeoutMs: 90_000,
    what: 'kube-apiserver is ready',
  });
  return api;
}

/** Stores the definitions of other projects' kinds, and waits until the server knows them. */
export async function installDefinitions(api: ApiServer): Promise<void> {
  const folder = join(toolFolder, 'schemas', 'crds');
  const applied = await api.kubectl([
    ...['apply', '--server-side', '--recursive', `--filename=${folder}`],
  ]);
  if (applied.code !== 0) throw new Error(applied.stderr);
  const waited = await api.kubectl([
    ...['wait', '--for=condition=Established', '--timeout=60s', 'crd', '--all'],
  ]);
  if (waited.code !== 0) throw new Error(waited.stderr);
}

/** Stores what has to be there before the rest can be judged: the namespace, and what pods refer to. */
export async function installSurroundings(
  api: ApiServer,
  manifests: readonly Manifest[],
): Promise<void> {
  for (const kind of ['Namespace', 'PriorityClass', 'ServiceAccount']) {
    const chosen = manifests.filter((manifest) => manifest.kind === kind);
    if (chosen.length === 0) continue;
    const { code, stderr } = await api.kubectl(
      ['apply', '--server-side', '--filename=-'],
      formatManifests(chosen),
    );
    if (code !== 0) throw new Error(stderr);
  }
}

function start(program: string, folder: string, args: readonly string[]): ChildProcess {
  const log = createWriteStream(join(folder, `${program.split('/').at(-1)}.log`));
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(log);
  child.stderr.pipe(log);
  return child;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
