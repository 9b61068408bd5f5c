import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Mode } from './generate/requests.ts';
import type { Signer } from './signing.ts';
import { createMemoryCgroup, type MemoryCgroup } from '../support/memory-cgroup.ts';
import { podLimit, podNodeOptions } from '../support/pod-limit.ts';
import type { TestService } from '../support/service.ts';
import {
  makeKeys,
  registerClient,
  tokenOf,
  tokenUrlOf,
  type SmartClient,
} from '../support/smart-client.ts';
import { SmartDeployment } from '../support/smart-deployment.ts';

/** An API of one mode, in a memory cgroup of its pod's limit where one can be made. */
export interface Target {
  readonly mode: Mode;
  readonly api: TestService;
  readonly cgroup: MemoryCgroup | undefined;
  /** Of access tokens; absent with AUTH_MODE=none. */
  readonly signer: Signer | undefined;
}

/** A deployment with an API of each AUTH_MODE and a worker, over a handful of resources. */
export class HostileDeployment {
  readonly smart: SmartDeployment;
  readonly targets: readonly Target[];
  /** Of assertions for the token endpoint. */
  readonly assertions: Signer;
  readonly #issuer: Server;

  private constructor(
    smart: SmartDeployment,
    targets: readonly Target[],
    assertions: Signer,
    issuer: Server,
  ) {
    this.smart = smart;
    this.targets = targets;
    this.assertions = assertions;
    this.#issuer = issuer;
  }

  static async create(): Promise<HostileDeployment> {
    const keys = await makeKeys();
    const issuer = await serveKeys(keys);
    const issuerUrl = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
    const settings = { EXPORT_SLOTS: '1000', LOG_LEVEL: 'info', SMART_DISCOVERY_COMPAT: 'true' };
    const smart = await SmartDeployment.create(settings);
    const client = await registerClient(smart.deployment, 'right');
    const limit = podLimit();
    const nodeOptions = podNodeOptions(limit);
    const start = async (
      mode: Mode,
      env: Record<string, string>,
    ): Promise<Omit<Target, 'signer'>> => {
      const cgroup = createMemoryCgroup(limit * 1024 * 1024);
      if (cgroup === undefined && process.env['SLUICE_ALL_SERVERS'] === 'true') {
        throw new Error('no memory cgroup can be made here');
      }
      const { api } = await smart.deployment.startApi(
        { AUTH_MODE: mode, ...env },
        cgroup === undefined ? { nodeOptions } : { cgroup, nodeOptions },
      );
      smart.services.push(api);
      return { mode, api, cgroup };
    };
    const jwtEnv = {
      AUTH_ISSUERS: issuerUrl,
      AUTH_AUDIENCE: 'sluice',
      AUTH_CLAIM_GROUPS: 'groups',
      AUTH_CLAIM_PATIENTS: 'patients',
    };
    const none = await start('none', {});
    const own = await start('smart', {});
    const jwt = await start('jwt', jwtEnv);
    const tokenUrl = tokenUrlOf(own.api.baseUrl);
    // The first token makes the key.
    await tokenOf(client, own.api.baseUrl);
    const [row] = await smart.deployment.query<{ jwk: Signer['jwk'] }>(
      'select jwk from sluice.signing_keys order by created_at desc limit 1',
    );
    if (row === undefined) throw new Error('no key');
    const targets = [
      { ...none, signer: undefined },
      {
        ...own,
        signer: {
          jwk: row.jwk,
          header: { typ: 'at+jwt' },
          claims: () => ({
            ...inTime(),
            iss: tokenUrl.replace(/\/token$/, ''),
            aud: own.api.baseUrl,
            sub: client.id,
            client_id: client.id,
          }),
        },
      },
      {
        ...jwt,
        signer: {
          jwk: keys.privateKey,
          header: {},
          claims: () => ({
            ...inTime(),
            iss: issuerUrl,
            aud: 'sluice',
            sub: 'anna',
            groups: ['one', 'both'],
            patients: ['zebra-1'],
          }),
        },
      },
    ];
    return new HostileDeployment(smart, targets, assertionSigner(client, tokenUrl), issuer);
  }

  async drop(): Promise<void> {
    this.#issuer.closeAllConnections();
    this.#issuer.close();
    await this.smart.drop();
    for (const { cgroup } of this.targets) await cgroup?.remove();
  }
}

const inTime = (): { iat: number; exp: number } => {
  const now = Math.floor(Date.now() / 1000);
  return { iat: now, exp: now + 300 };
};

function assertionSigner(client: SmartClient, tokenUrl: string): Signer {
  const claims = (): Record<string, unknown> => ({
    ...inTime(),
    iss: client.id,
    sub: client.id,
    aud: tokenUrl,
    jti: randomUUID(),
  });
  return {
    jwk: { ...client.privateKey, kid: client.publicKey.kid ?? '' },
    header: { typ: 'JWT' },
    claims,
  };
}

/** An issuer of tokens somewhere else. */
async function serveKeys({ publicKey }: Pick<SmartClient, 'publicKey'>): Promise<Server> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('request', (req, res) => {
    const document = { issuer: url, jwks_uri: `${url}/keys` };
    res.setHeader('Cache-Control', 'max-age=3600');
    res.end(JSON.stringify(req.url === '/keys' ? { keys: [publicKey] } : document));
  });
  return server;
}
