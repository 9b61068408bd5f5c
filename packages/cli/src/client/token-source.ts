import { signAssertion, type Key } from '@sluice/auth';
import { CliError } from '../cli-error.ts';
import { ask, refusal } from './ask.ts';

/** Headers that show a server who is asking; `fresh` asks for a new token, since the one before was refused. */
export type Authorize = (url: string, fresh?: boolean) => Promise<Readonly<Record<string, string>>>;

/** How a client shows who it is (SMART Backend Services). */
export interface Credentials {
  /** FHIR base of the server; its discovery document says where tokens are to be had. */
  readonly base: string;
  readonly clientId: string;
  /** Private JWK. */
  readonly key: Key;
  readonly scope: string;
}

/** A token is renewed when less than this is left of it. */
const marginMs = 30_000;

/**
 * Gets tokens for as long as something takes: a new one whenever the last one is about to end. They are sent to the server that they are for
 * and to no other, wherever its URLs may lead.
 */
export function authorizeBy(credentials: Credentials): Authorize {
  let token: Promise<Token> | undefined;
  const { origin } = new URL(credentials.base);
  return async (url, fresh = false) => {
    if (new URL(url).origin !== origin) return {};
    if (token === undefined || fresh || (await token).renewAt <= Date.now()) {
      token = requestToken(credentials);
      token.catch(() => (token = undefined));
    }
    return { Authorization: `Bearer ${(await token).text}` };
  };
}

interface Token {
  readonly text: string;
  readonly renewAt: number;
}

async function requestToken({ base, clientId, key, scope }: Credentials): Promise<Token> {
  const tokenEndpoint = await discover(base);
  const now = Date.now();
  const answer = await ask(tokenEndpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await signAssertion(key, { clientId, tokenEndpoint, now }),
    }).toString(),
  });
  if (answer.status !== 200) throw refusal('There is no token for this client', answer);
  const { access_token: text, expires_in: seconds = 300 } = JSON.parse(answer.text) as {
    access_token?: string;
    expires_in?: number;
  };
  if (text === undefined) throw new CliError('The token endpoint answered without a token.');
  return { text, renewAt: now + Math.max(seconds * 500, seconds * 1000 - marginMs) };
}

async function discover(base: string): Promise<string> {
  const answer = await ask(`${base}/.well-known/smart-configuration`);
  if (answer.status !== 200) throw refusal('The server says nothing of tokens', answer);
  const { token_endpoint: found } = JSON.parse(answer.text) as { token_endpoint?: string };
  if (found === undefined) throw new CliError('The server names no token endpoint.');
  return found;
}
