import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Storage, type Bucket } from '@google-cloud/storage';
import { gaxios, GoogleAuth } from 'google-auth-library';
import type { GcsDescription } from '../storage-description.ts';
import { GcsRefusal, toSignInError, toStorageError } from './gcs-faults.ts';
import { GcsHttp } from './gcs-http.ts';
import { persevere, type Patience } from './gcs-patience.ts';

/** One request of the JSON API. */
export interface GcsRequest {
  /** Google's name of the operation: `storage.objects.get`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below the endpoint; or the whole URL of an upload session, which stands for its own credentials. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Statuses besides 2xx that the caller has a use for. */
  readonly accept?: readonly number[];
  readonly signal?: AbortSignal;
}

/** What came back; a body that is no JSON is text. */
export interface GcsAnswer<T> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly data: T;
}

const defaultEndpoint = 'https://storage.googleapis.com';

/** To write, read and delete objects, and to sign URLs in the name of the account. */
const scopes = [
  'https://www.googleapis.com/auth/devstorage.read_write',
  'https://www.googleapis.com/auth/iam',
];

/**
 * Requests to one bucket, signed in, bounded in time, repeated when that can help, their faults told.
 * Google's libraries sign in and sign URLs. The requests are made here because the SDK's uploads wait
 * without end for a connection that stalled, keep the status of a failure to themselves and know no
 * Retry-After; and because whatever it sends goes to STORAGE_EMULATOR_HOST where that is set.
 */
export class GcsClient {
  readonly bucket: string;
  readonly endpoint: string;
  readonly patience: Patience;
  readonly #auth: GoogleAuth;
  readonly #http: GcsHttp;

  constructor(description: GcsDescription, patience: Patience) {
    this.bucket = description.bucket;
    this.endpoint = description.endpoint ?? defaultEndpoint;
    this.patience = patience;
    this.#auth = createAuth(description, patience);
    this.#http = new GcsHttp(patience.requestMs);
  }

  /** Sends a request, again while that can help. @throws StorageError */
  async send<T>(request: GcsRequest): Promise<GcsAnswer<T>> {
    return await persevere(this.patience, () => this.sendOnce<T>(request), request.signal);
  }

  /** Sends a request once. @throws StorageError */
  async sendOnce<T>(request: GcsRequest): Promise<GcsAnswer<T>> {
    return await this.#told(request.operation, async () => {
      const answer = await this.#open(request);
      const data = (await this.#bodyOf(answer)) as T;
      return { status: answer.statusCode ?? 0, headers: answer.headers, data };
    });
  }

  /** Sends a request once whose answer is read piece by piece. @throws StorageError, reading too */
  async open(request: GcsRequest): Promise<GcsAnswer<AsyncGenerator<Buffer>>> {
    return await this.#told(request.operation, async () => {
      const answer = await this.#open(request);
      const { statusCode: status = 0, headers } = answer;
      return { status, headers, data: this.#pieces(request.operation, answer) };
    });
  }

  /** The bucket as the SDK has it, for what needs no request to the store. */
  sdkBucket(): Bucket {
    return new Storage({ authClient: this.#auth, apiEndpoint: this.endpoint }).bucket(this.bucket);
  }

  async #open(request: GcsRequest): Promise<IncomingMessage> {
    const { method, path, query = {}, body, signal, accept = [] } = request;
    const isSession = !path.startsWith('/');
    const url = new URL(isSession ? path : this.endpoint + path);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, value);
    }
    const headers = { ...(!isSession && (await this.#signIn())), ...request.headers };
    const answer = await this.#http.open({ url, method, headers, body, signal });
    const status = answer.statusCode ?? 0;
    if ((status >= 200 && status < 300) || accept.includes(status)) return answer;
    throw new GcsRefusal(status, answer.headers['retry-after'], await this.#bodyOf(answer));
  }

  async #signIn(): Promise<Readonly<Record<string, string>>> {
    try {
      return { ...(await this.#auth.getRequestHeaders(this.endpoint)) };
    } catch (error) {
      throw toSignInError(this.bucket, error);
    }
  }

  async #bodyOf(answer: IncomingMessage): Promise<unknown> {
    const pieces: Buffer[] = [];
    for await (const piece of this.#http.read(answer)) pieces.push(piece);
    const text = Buffer.concat(pieces).toString();
    return answer.headers['content-type']?.startsWith('application/json') ? JSON.parse(text) : text;
  }

  async *#pieces(operation: string, answer: IncomingMessage): AsyncGenerator<Buffer> {
    try {
      yield* this.#http.read(answer);
    } catch (error) {
      throw toStorageError({ name: operation, bucket: this.bucket }, error);
    }
  }

  async #told<T>(operation: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toStorageError({ name: operation, bucket: this.bucket }, error);
    }
  }
}

/** Exchanges the account's key for tokens, or finds the identity of this workload (ADC). */
function createAuth({ serviceAccount }: GcsDescription, { requestMs }: Patience): GoogleAuth {
  if (!serviceAccount) return new GoogleAuth({ scopes });
  const { email, privateKey, tokenUri } = serviceAccount;
  const transporter = {
    request: <T>(options: gaxios.GaxiosOptions) =>
      gaxios.request<T>({ ...options, timeout: requestMs, ...(tokenUri && { url: tokenUri }) }),
  };
  const credentials = { client_email: email, private_key: privateKey };
  return new GoogleAuth({ credentials, scopes, clientOptions: { transporter } });
}
