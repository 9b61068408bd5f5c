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
  /** How it ended, and what it answers from then on; absent: it goes on. */
  ended?: { readonly status: number; readonly body: unknown };
}

/** What a session keeps of a chunk that was cut. */
const chunkUnit = 256 << 10;

/**
 * Upload sessions as Google documents them, around what the emulator does of them: the condition is looked
 * at when the object is made; X-Goog-Hash of the last chunk has to be that of the whole object; a session
 * that is deleted answers 499 from then on, one that has made its object tells of it again; of a chunk that
 * was cut, whole units of 256 KiB are kept.
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
    this.#sessions.set(id, { upload });
    const uri = `http://${request.headers.host}${request.url}&upload_id=${id}`;
    answer(response, { status: 200, headers: { Location: uri }, body: '' });
  }

  /** Answers a request to the URI of a session. */
  async handle(id: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const session = this.#sessions.get(id);
    if (!session) throw new Refused(404, 'notFound', 'The upload session is not known.');
    if (request.method === 'DELETE') session.ended ??= { status: 499, body: '' };
    const { bytes, isWhole } = await this.#receive(request);
    if (!session.ended) {
      const [, start = '*', total = '*'] =
        /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(request.headers['content-range'] ?? '') ?? [];
      if (!isWhole) return await this.#keepUnits(request, bytes, Number(start));
      if (total === '*') return await goOn(response, await ask(this.#target, request, bytes));
      await this.alone(() => this.#finish(session, request, response, bytes));
    }
    if (session.ended && !response.headersSent) answer(response, session.ended);
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

  async #keepUnits(request: IncomingMessage, bytes: Buffer, start: number): Promise<void> {
    const kept = bytes.subarray(0, bytes.length - (bytes.length % chunkUnit));
    if (kept.length === 0) return;
    const range = `bytes ${start}-${start + kept.length - 1}/*`;
    const told = { 'content-range': range, 'content-length': String(kept.length) };
    await ask(this.#target, request, kept, told);
  }

  /** What may make the object: a last chunk, or the question whether it has come. */
  async #finish(
    session: Session,
    request: IncomingMessage,
    response: ServerResponse,
    bytes: Buffer,
  ): Promise<void> {
    const { bucket, name } = session.upload;
    try {
      await this.checkGeneration(session.upload);
    } catch (error) {
      session.ended = { status: 410, body: '' };
      throw error;
    }
    const told = await ask(this.#target, request, bytes);
    if (!told.ok) return await goOn(response, told);
    const object = (await told.json()) as { crc32c: string };
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

/** Passes on how much a session has. */
async function goOn(response: ServerResponse, told: Response): Promise<void> {
  const range = told.headers.get('range');
  // The latter is what the emulator says of a session that has nothing yet.
  const headers = range === null || range === 'bytes=0-0' ? {} : { Range: range };
  answer(response, { status: told.status, headers, body: await told.text() });
}
