import {
  createPublicKey,
  createSign,
  createVerify,
  generateKeyPairSync,
  randomUUID,
} from 'node:crypto';
import type { Answer } from './gcs-exchange.ts';

/** A service account, and the key that is told of it. */
export interface GoogleAccount {
  readonly email: string;
  /** PEM. */
  readonly privateKey: string;
}

/** Names of the token server; Google's libraries use the older one. */
const audiences = [
  'https://oauth2.googleapis.com/token',
  'https://www.googleapis.com/oauth2/v4/token',
];
const skewSeconds = 300;

/**
 * Who is who at Google: a token server that exchanges assertions of service accounts, a metadata server for
 * workloads, and signBlob. Faults are worded as Google words them.
 */
export class GoogleIdentity {
  /** Its key is given out. */
  readonly account: GoogleAccount;
  /** What a workload runs as; its key stays here, and signs by signBlob alone. */
  readonly workload: GoogleAccount;
  readonly #now: () => number;
  readonly #tokens = new Map<string, { email: string; until: number }>();

  /** @param now the clock, in ms */
  constructor(now: () => number) {
    this.#now = now;
    this.account = newAccount('exporter');
    this.workload = newAccount('workload');
  }

  /** E-mail of the account that a bearer token stands for, while it lasts. */
  holderOf(authorization: string | undefined): string | undefined {
    const token = /^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '';
    const known = this.#tokens.get(token);
    return known && known.until > this.#now() ? known.email : undefined;
  }

  /** Whether the signature (base64 or hex) of a text is of an account. */
  isSignedBy(email: string, text: string, signature: Buffer): boolean {
    const signer = [this.account, this.workload].find((account) => account.email === email);
    if (!signer) return false;
    const verify = createVerify('RSA-SHA256').update(text);
    return verify.verify(createPublicKey(signer.privateKey), signature);
  }

  /** POST /token: an assertion signed with a key becomes a token. */
  exchange(form: URLSearchParams): Answer {
    const assertion = form.get('assertion') ?? '';
    const [head = '', payload = '', signature = ''] = assertion.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as {
      iss?: string;
      aud?: string;
      iat?: number;
      exp?: number;
    };
    const { iss = '', aud, iat = 0, exp = 0 } = claims;
    if (iss !== this.account.email) return invalidGrant('Invalid grant: account not found');
    if (!this.isSignedBy(iss, `${head}.${payload}`, Buffer.from(signature, 'base64url'))) {
      return invalidGrant('Invalid JWT Signature.');
    }
    const isTimely = Math.abs(iat - this.#now() / 1000) < skewSeconds && exp - iat <= 3600;
    if (!audiences.includes(aud ?? '') || !isTimely) {
      return invalidGrant(
        'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
      );
    }
    return { status: 200, body: this.#issue(iss) };
  }

  /** The metadata server's answer to a path below /computeMetadata/v1. */
  metadata(path: string): Answer {
    const headers = { 'Metadata-Flavor': 'Google' };
    const account = 'instance/service-accounts/default';
    const answers: Record<string, unknown> = {
      instance: 'id\nservice-accounts/\n',
      'project/project-id': 'sluice-tests',
      'universe/universe-domain': 'googleapis.com',
      [`${account}/email`]: this.workload.email,
      [`${account}/token`]: this.#issue(this.workload.email),
    };
    const body = answers[path.replace(/\/$/, '')];
    return body === undefined ? { status: 404, headers, body: '' } : { status: 200, headers, body };
  }

  /** signBlob of an account, whose bearer token has been looked at. */
  signBlob(email: string, payload: string): Answer {
    const signer = [this.account, this.workload].find((account) => account.email === email);
    if (!signer)
      return { status: 404, body: { error: { code: 404, message: 'Not found; Gaia id' } } };
    const sign = createSign('RSA-SHA256').update(Buffer.from(payload, 'base64'));
    const signedBlob = sign.sign(signer.privateKey).toString('base64');
    return { status: 200, body: { keyId: 'of-the-tests', signedBlob } };
  }

  #issue(email: string): { access_token: string; expires_in: number; token_type: string } {
    const token = `ya29.${randomUUID()}`;
    this.#tokens.set(token, { email, until: this.#now() + 3_600_000 });
    return { access_token: token, expires_in: 3599, token_type: 'Bearer' };
  }
}

function newAccount(name: string): GoogleAccount {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { email: `${name}@sluice-tests.iam.gserviceaccount.com`, privateKey };
}

function invalidGrant(description: string): Answer {
  return { status: 400, body: { error: 'invalid_grant', error_description: description } };
}
