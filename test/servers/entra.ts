import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import * as https from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { tempFolder } from '../support/temp-folder.ts';
import { accessTokenFor } from './azurite.ts';
import type { SelfSignedCertificate } from './self-signed-certificate.ts';

/** Stands for Microsoft Entra ID, where a pod of AKS changes its token for one of Azure. */
export interface Entra {
  /** What the webhook of AKS puts into a pod, and what lets Node trust this server. */
  readonly env: Readonly<Record<string, string>>;
  /** Forms by which tokens were asked for. */
  readonly requests: readonly URLSearchParams[];
  /** From now on a pod's token is not known, with the error Entra has for that. */
  forget(): void;
  stop(): Promise<void>;
}

const tenant = '22222222-2222-2222-2222-222222222222';
const client = '11111111-1111-1111-1111-111111111111';

/** Starts the server on a free port of loopback; with it comes the token of a pod, in a file. */
export async function startEntra(certificate: SelfSignedCertificate): Promise<Entra> {
  const folder = await tempFolder('entra');
  const podToken = 'token-of-the-pod';
  const files = { token: join(folder, 'azure-identity-token'), ca: join(folder, 'ca.pem') };
  await writeFile(files.token, podToken);
  await writeFile(files.ca, certificate.cert);

  const requests: URLSearchParams[] = [];
  let known = podToken;
  const answerTo = (path: string, form: URLSearchParams): [status: number, body: object] => {
    if (path.endsWith('/.well-known/openid-configuration')) return [200, metadataOf(url)];
    requests.push(form);
    if (form.get('client_assertion') === known && form.get('client_id') === client) {
      const { token: access_token } = accessTokenFor(3600);
      return [200, { token_type: 'Bearer', expires_in: 3600, ext_expires_in: 3600, access_token }];
    }
    return [401, unknownIdentity];
  };
  const server = https.createServer({ ...certificate }, (request, response) => {
    void text(request).then((body) => {
      const { pathname } = new URL(request.url ?? '', url);
      const [status, answer] = answerTo(pathname, new URLSearchParams(body));
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    env: {
      AZURE_CLIENT_ID: client,
      AZURE_TENANT_ID: tenant,
      AZURE_FEDERATED_TOKEN_FILE: files.token,
      AZURE_AUTHORITY_HOST: url,
      NODE_EXTRA_CA_CERTS: files.ca,
    },
    requests,
    forget: () => (known = ''),
    stop: async () => {
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
    },
  };
}

function metadataOf(url: string): object {
  return {
    issuer: `${url}${tenant}/v2.0`,
    authorization_endpoint: `${url}${tenant}/oauth2/v2.0/authorize`,
    token_endpoint: `${url}${tenant}/oauth2/v2.0/token`,
    jwks_uri: `${url}${tenant}/discovery/v2.0/keys`,
  };
}

const unknownIdentity = {
  error: 'invalid_client',
  error_description:
    'AADSTS700213: No matching federated identity record found for presented assertion subject.',
  error_codes: [700213],
};
