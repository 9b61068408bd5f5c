import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, ask, bodyOf, Refused } from './gcs-exchange.ts';

/** The object that an upload would make, on the condition of a generation. */
export interface Upload {
  readonly bucket: string;
  readonly name: string;
  /** The one that has to be there ('0': none); `null`: whatever is. */
  readonly generation: string | null;
}

interface Session {
  readonly upload: Upload;
  /** Bytes that the emulator has. */
  passed: number;
  /** What it will get next. */
  held: Buffer[];
  /** How it ended, and what it answers from then on; absent: it goes on. */
  ended?: { readonly status: number; readonly body: unknown };
}

/** The emulator copies all it has of an object with each chunk, so it gets few. */
const passedBytes = 64 << 20;

/** What a session keeps of a chunk that was cut. */
const chunkUnit = 256 << 10;

/**
 * Upload sessions as Google documents them, around what the emulator does of them: the condition is looked
 * at when the object is made; X-Goog-Hash of the last chunk has to be that of the whole object; a session
 * that is deleted answers 499 from then on, one that has made its object tells of it again; of a chunk that
 * was cut, whole units of 256 KiB are kept. Chunks are answered here and go on to the emulator several at
 * a time.
 */
export class GcsSessions {
  readonly #target: string;
  readonly #sessions = new Map<string, Session>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(target: string) {
    this.#target = target;
  }

  /** Names of the objects of sessions that go on. */
  open(): string[] {
    const going = [...this.#sessions.values()].filter(({ ended }) => !ended);
    return going.map(({ upload }) => upload.name).sort();
  }

  /** Does work while nobody else makes an object. */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#last.then(work);
    this.#last = next.catch(() => undefined);
    return await next;
  }

  /** Refuses when the object that is there is another than the one expected. */
  async checkGeneration({ bucket, name, generation }: Upload): Promise<void> {
    if (generation === null || (await this.generationOf(bucket, name)) === generation) return;
    const text = 'At least one of the pre-conditions you specified did not hold.';
    throw new Refused(412, 'conditionNotMet', text);
  }

  /** Generation of the object that is there; '0': there is none. */
  async generationOf(bucket: string, name: string): Promise<string> {
    const told = await fetch(this.#pathOf(bucket, name));
    const text = await told.text();
    return told.ok ? (JSON.parse(text) as { generation: string }).generation : '0';
  }

  /** Begins a session at the emulator, whose URI then leads here. */
  async begin(upload: Upload, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const told = await ask(this.#target, request, await bodyOf(request));
    const id = new URL(told.headers.get('location') ?? '').searchParams.get('upload_id') ?? '';
    this.#sessions.set(id, { upload, passed: 0, held: [] });
    const uri = `http://${request.headers.host}${request.url}&upload_id=${id}`;
    answer(response, { status: 200, headers: { Location: uri }, body: '' });
  }

  /** Answers a request to the URI of a session. */
  async handle(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = this.#sessions.get(id);
    if (!session) throw new Refused(404, 'notFound', 'The upload session is not known.');
    if (request.method === 'DELETE') {
      session.ended ??= { status: 499, body: '' };
      session.held = [];
    }
    const { bytes, isWhole } = await this.#receive(request);
    if (!session.ended) {
      const [, start = '*', total = '*'] =
        /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(request.headers['content-range'] ?? '') ?? [];
      if (start !== '*') hold(session, Number(start), isWhole ? bytes : wholeUnits(bytes));
      if (!isWhole) return;
      if (total === '*' || receivedBytes(session) < Number(total)) {
        if (heldBytes(session) >= passedBytes) await this.#pass(session, request, '*');
        return goOn(response, session);
      }
      await this.alone(() => this.#finish(session, request, total));
    }
    if (session.ended) answer(response, session.ended);
  }

  async #receive(request: IncomingMessage): Promise<{ bytes: Buffer; isWhole: boolean }> {
    const pieces: Buffer[] = [];
    try {
      for await (const piece of request) pieces.push(piece as Buffer);
      return { bytes: Buffer.concat(pieces), isWhole: true };
    } catch {
      return { bytes: Buffer.concat(pieces), isWhole: false };
    }
  }

  /** Gives the emulator what is held, and `total` when that is all there is. */
  async #pass(session: Session, request: IncomingMessage, total: string): Promise<Response> {
    const body = Buffer.concat(session.held);
    const sent = body.length === 0 ? '*' : `${session.passed}-${session.passed + body.length - 1}`;
    const told = { 'content-range': `bytes ${sent}/${total}`, 'content-length': `${body.length}` };
    session.passed += body.length;
    session.held = [];
    const answered = await ask(this.#target, request, body, told);
    if (answered.status !== (total === '*' ? 308 : 200)) {
      throw new Error(`${answered.status} for bytes ${sent}/${total}: ${await answered.text()}`);
    }
    return answered;
  }

  /** Makes the object of what has come, by a last chunk or before. */
  async #finish(session: Session, request: IncomingMessage, total: string): Promise<void> {
    // Asked for again while it was being made.
    if (session.ended) return;
    const { bucket, name } = session.upload;
    try {
      await this.checkGeneration(session.upload);
    } catch (error) {
      session.ended = { status: 410, body: '' };
      throw error;
    }
    const object = (await (await this.#pass(session, request, total)).json()) as { crc32c: string };
    const sum = /crc32c=([^,]+)/.exec(request.headers['x-goog-hash']?.toString() ?? '')?.[1];
    if (sum !== undefined && sum !== object.crc32c) {
      await (await fetch(this.#pathOf(bucket, name), { method: 'DELETE' })).text();
      session.ended = { status: 410, body: '' };
      const text = `Provided CRC32C "${sum}" doesn't match calculated CRC32C "${object.crc32c}".`;
      throw new Refused(400, 'invalid', text);
    }
    session.ended = { status: 200, body: object };
  }

  #pathOf(bucket: string, name: string): string {
    return `${this.#target}/storage/v1/b/${bucket}/o/${encodeURIComponent(name)}`;
  }
}

function heldBytes({ held }: Session): number {
  return held.reduce((sum, { length }) => sum + length, 0);
}

function receivedBytes(session: Session): number {
  return session.passed + heldBytes(session);
}

/** Takes a chunk, which has to begin where the one before has ended. */
function hold(session: Session, start: number, bytes: Buffer): void {
  const expected = receivedBytes(session);
  if (start !== expected) {
    throw new Refused(
      400,
      'invalid',
      `Invalid Content-Range: ${expected} comes next, not ${start}`,
    );
  }
  session.held.push(bytes);
}

function wholeUnits(bytes: Buffer): Buffer {
  return bytes.subarray(0, bytes.length - (bytes.length % chunkUnit));
}

/** Tells how much a session has. */
function goOn(response: ServerResponse, session: Session): void {
  const received = receivedBytes(session);
  const headers = received === 0 ? {} : { Range: `bytes=0-${received - 1}` };
  answer(response, { status: 308, headers, body: '' });
}
