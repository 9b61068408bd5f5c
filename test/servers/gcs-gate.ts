import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer, ask, bodyOf, passOn, refuse, Refused } from './gcs-exchange.ts';
import { GcsSessions } from './gcs-sessions.ts';
import { GoogleIdentity, type GoogleAccount } from './google-identity.ts';
import { checkSignature } from './v4-signature.ts';

/** Google Cloud Storage on loopback: a server that stores, behind a gate that keeps Google's rules. */
export interface GcsGate {
  /** Endpoint of the store, and base of the token server (`/token`), of signBlob and of metadata. */
  readonly url: string;
  readonly bucket: string;
  /** An account with every permission, and its key. */
  readonly account: GoogleAccount;
  /** E-mail of the account that workloads run as; it has every permission. */
  readonly workloadEmail: string;
  /** Takes a permission, e.g. `storage.objects.create`, from everyone. Call the result to give it back. */
  deny(permission: string): () => void;
  /** By how much Google's clock is ahead of ours, in ms. */
  setClock(aheadMs: number): void;
  /** Names of the objects that sessions which have not ended would make. */
  openSessions(): string[];
  /** Names of the objects there are. */
  objects(): Promise<string[]>;
  stop(): Promise<void>;
}

/**
 * Starts the gate in front of an emulator, and makes a bucket there. The emulators know neither signatures
 * nor credentials. Here are, as Google documents them: bearer tokens and the permission of every request,
 * signed URLs, the bucket that does not exist, preconditions of uploads and deletions, and the end of
 * upload sessions (GcsSessions). What is stored, listed and read is the emulator's own.
 */
export async function startGcsGate(target: string, bucket = 'exports'): Promise<GcsGate> {
  const gate = new Gate(target, bucket);
  const made = await fetch(`${target}/storage/v1/b?project=tests`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: bucket }),
  });
  if (!made.ok) throw new Error(`no bucket ${bucket}: ${await made.text()}`);
  const server = createServer((request, response) => {
    gate.handle(request, response).catch((error: unknown) => refuse(request, response, error));
  });
  server.requestTimeout = 0;
  server.keepAliveTimeout = 0;
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    bucket,
    account: gate.identity.account,
    workloadEmail: gate.identity.workload.email,
    deny: (permission) => {
      gate.denied.add(permission);
      return () => gate.denied.delete(permission);
    },
    setClock: (aheadMs) => (gate.aheadMs = aheadMs),
    openSessions: () => gate.sessions.open(),
    objects: () => listNames(`${target}/storage/v1/b/${bucket}/o`),
    stop: async () => {
      const closed = once(server.close(), 'close');
      server.closeAllConnections();
      await closed;
    },
  };
}

class Gate {
  aheadMs = 0;
  readonly denied = new Set<string>();
  readonly identity = new GoogleIdentity(() => this.#now());
  readonly sessions: GcsSessions;
  readonly #target: string;
  readonly #bucket: string;

  constructor(target: string, bucket: string) {
    this.#target = target;
    this.#bucket = bucket;
    this.sessions = new GcsSessions(target);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', `http://${request.headers.host}`);
    const path = decodeURIComponent(url.pathname);
    const [, kind = '', signer = ''] =
      /^\/(token$|computeMetadata\/v1\/|v1\/projects\/-\/serviceAccounts\/(.+):signBlob$)/.exec(
        path,
      ) ?? [];
    if (kind === 'token') {
      const form = new URLSearchParams((await bodyOf(request)).toString());
      return answer(response, this.identity.exchange(form));
    }
    if (kind.startsWith('computeMetadata')) {
      return answer(response, this.identity.metadata(path.slice(kind.length + 1)));
    }
    if (signer !== '') {
      this.#checkPermission(request, 'iam.serviceAccounts.signBlob');
      const { payload } = JSON.parse((await bodyOf(request)).toString()) as { payload: string };
      return answer(response, this.identity.signBlob(signer, payload));
    }
    const api = /^\/(upload\/)?storage\/v1\/b\/([^/]+)\/o(?:\/(.+))?$/.exec(path);
    if (!api) return await this.#handleSigned(request, response, path);
    const [, upload, bucket, object] = api;
    if (upload) return await this.#handleUpload(request, response, url, bucket);
    await this.#handleObject(request, response, { bucket, object, query: url.searchParams });
  }

  async #handleObject(
    request: IncomingMessage,
    response: ServerResponse,
    asked: { bucket: string | undefined; object: string | undefined; query: URLSearchParams },
  ): Promise<void> {
    const { bucket, object, query } = asked;
    const verb = request.method === 'DELETE' ? 'delete' : object === undefined ? 'list' : 'get';
    this.#checkPermission(request, `storage.objects.${verb}`);
    this.#checkBucket(bucket);
    const generation = query.get('ifGenerationMatch');
    await this.sessions.checkGeneration({ bucket: this.#bucket, name: object ?? '', generation });
    await passOn(response, await ask(this.#target, request, undefined));
  }

  async #handleUpload(
    request: IncomingMessage,
    response: ServerResponse,
    { searchParams: query }: URL,
    bucket: string | undefined,
  ): Promise<void> {
    // The URI of a session stands for credentials.
    const session = query.get('upload_id');
    if (session !== null) return await this.sessions.handle(session, request, response);
    this.#checkPermission(request, 'storage.objects.create');
    this.#checkBucket(bucket);
    const name = query.get('name') ?? '';
    const upload = { bucket: this.#bucket, name, generation: query.get('ifGenerationMatch') };
    if ((await this.sessions.generationOf(this.#bucket, name)) !== '0') {
      this.#checkPermission(request, 'storage.objects.delete');
    }
    if (query.get('uploadType') === 'resumable') {
      return await this.sessions.begin(upload, request, response);
    }
    const body = await bodyOf(request);
    // Nobody comes between the look and the write.
    await this.sessions.alone(async () => {
      await this.sessions.checkGeneration(upload);
      await passOn(response, await ask(this.#target, request, body));
    });
  }

  async #handleSigned(
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
  ): Promise<void> {
    const url = new URL(request.url ?? '', 'http://host');
    const [, bucket, object = ''] = /^\/([^/]+)\/(.+)$/.exec(path) ?? [];
    const checked = url.searchParams.has('X-Goog-Signature')
      ? checkSignature(request, this.identity, this.#now())
      : { status: 403, code: 'AccessDenied' };
    if ('code' in checked) {
      const headers = { 'Content-Type': 'application/xml; charset=UTF-8' };
      const body = `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${checked.code}</Code></Error>`;
      return answer(response, { status: checked.status, headers, body });
    }
    this.#checkPermission(request, 'storage.objects.get', checked.signer);
    this.#checkBucket(bucket);
    const disposition = url.searchParams.get('response-content-disposition');
    if (disposition !== null) response.setHeader('Content-Disposition', disposition);
    request.url = `/storage/v1/b/${this.#bucket}/o/${encodeURIComponent(object)}?alt=media`;
    await passOn(response, await ask(this.#target, request, undefined));
  }

  /** Checks that whoever asks has signed in and is allowed to. */
  #checkPermission(request: IncomingMessage, permission: string, signer?: string): void {
    const email = signer ?? this.identity.holderOf(request.headers.authorization);
    if (email === undefined) throw new Refused(401, 'authError', 'Invalid Credentials');
    if (!this.denied.has(permission)) return;
    const text = `${email} does not have ${permission} access to the Google Cloud Storage object. Permission '${permission}' denied on resource (or it may not exist).`;
    throw new Refused(403, 'forbidden', text);
  }

  #checkBucket(bucket: string | undefined): void {
    if (bucket === this.#bucket) return;
    throw new Refused(404, 'notFound', 'The specified bucket does not exist.');
  }

  #now(): number {
    return Date.now() + this.aheadMs;
  }
}

async function listNames(url: string): Promise<string[]> {
  const names: string[] = [];
  let pageToken = '';
  do {
    const told = await fetch(`${url}?pageToken=${encodeURIComponent(pageToken)}`);
    const page = (await told.json()) as { items?: { name: string }[]; nextPageToken?: string };
    names.push(...(page.items ?? []).map(({ name }) => name));
    pageToken = page.nextPageToken ?? '';
  } while (pageToken !== '');
  return names;
}
