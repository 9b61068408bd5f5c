import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { tempFolder } from '../support/temp-folder.ts';
import type { S3Keys } from './versitygw.ts';

/** Where a pod of EKS gets its keys: STS for IRSA, the agent for Pod Identity. */
export interface AwsIdentity {
  /** What the webhook of EKS puts into a pod, by the way the keys come. */
  readonly env: Readonly<Record<'irsa' | 'podIdentity', Readonly<Record<string, string>>>>;
  /** Paths that were asked for keys. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

const role = 'arn:aws:iam::123456789012:role/sluice-worker';
const podToken = 'token-of-the-pod';
/** Empty, so that it is not sent: versitygw knows no sessions. */
const sessionToken = '';

/** Starts the server on a free port of loopback. Whoever shows the token of the pod gets these keys. */
export async function startAwsIdentity(keys: S3Keys): Promise<AwsIdentity> {
  const tokenFile = join(await tempFolder('aws-identity'), 'token');
  await writeFile(tokenFile, podToken);
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string): void => {
      response.writeHead(status, { 'content-type': type }).end(body);
    };
    requests.push(request.url ?? '');
    if (request.url === '/v1/credentials') {
      if (request.headers.authorization !== podToken) return answer(401, 'text/plain', '');
      const credentials = { AccessKeyId: keys.accessKeyId, SecretAccessKey: keys.secretAccessKey };
      const session = { Token: sessionToken, Expiration: expiration };
      return answer(200, 'application/json', JSON.stringify({ ...credentials, ...session }));
    }
    void text(request).then((body) => {
      const form = new URLSearchParams(body);
      const isPod = form.get('WebIdentityToken') === podToken && form.get('RoleArn') === role;
      if (!isPod) return answer(400, 'text/xml', fault);
      return answer(200, 'text/xml', assumed(keys, expiration));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    env: {
      irsa: {
        AWS_ROLE_ARN: role,
        AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
        AWS_REGION: 'us-east-1',
        AWS_ENDPOINT_URL_STS: url,
      },
      podIdentity: {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${url}/v1/credentials`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: tokenFile,
        AWS_REGION: 'us-east-1',
      },
    },
    requests,
    stop: async () => {
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
    },
  };
}

const xmlns = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

const fault = `<ErrorResponse ${xmlns}><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code><Message>not known</Message></Error></ErrorResponse>`;

function assumed({ accessKeyId, secretAccessKey }: S3Keys, expiration: string): string {
  const credentials = `<Credentials><AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}</SecretAccessKey><SessionToken>${sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials>`;
  const user = `<AssumedRoleUser><Arn>${role}/session</Arn><AssumedRoleId>AROA:session</AssumedRoleId></AssumedRoleUser>`;
  return `<AssumeRoleWithWebIdentityResponse ${xmlns}><AssumeRoleWithWebIdentityResult>${credentials}${user}</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;
}
