import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { importJWK, SignJWT } from 'jose';
import { makeKeys, type SmartClient } from './smart-client.ts';

/** An issuer of tokens somewhere else. */
export class TokenIssuer {
  readonly url: string;
  keys: Pick<SmartClient, 'privateKey' | 'publicKey'>;
  readonly #server: Server;

  private constructor(server: Server, keys: TokenIssuer['keys']) {
    this.#server = server;
    this.keys = keys;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (req, res) => {
      res.setHeader('Cache-Control', 'max-age=3600');
      const document = { issuer: this.url, jwks_uri: `${this.url}/keys` };
      const isKeys = req.url === '/keys';
      res.end(JSON.stringify(isKeys ? { keys: [this.keys.publicKey] } : document));
    });
  }

  static async start(alg: 'RS384' | 'ES384'): Promise<TokenIssuer> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TokenIssuer(server, await makeKeys(alg));
  }

  async token(claims: object): Promise<string> {
    const { privateKey } = this.keys;
    const alg = privateKey.alg ?? '';
    const now = Math.floor(Date.now() / 1000);
    return await new SignJWT({ iss: this.url, aud: 'sluice', exp: now + 300, ...claims })
      .setProtectedHeader({ alg, kid: this.keys.publicKey.kid ?? '' })
      .sign(await importJWK(privateKey, alg));
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
