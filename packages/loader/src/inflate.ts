import { createGunzip, type Gunzip } from 'node:zlib';

/** The gzip data is cut off or damaged; everything before that was yielded. */
export class GzipError extends Error {
  readonly code = 'gzip';

  constructor(cause: Error & { code?: string }) {
    super(
      cause.code === 'Z_BUF_ERROR' ? 'the gzip data ends too early' : 'the gzip data is damaged',
      { cause },
    );
    this.name = 'GzipError';
  }
}

/** What is unpacked at once: gzip can be packed 1,032 times, so this may become 17 MB. */
const stepBytes = 16 * 1024;

/**
 * Unpacks gzip, several members behind one another included. Unlike a plain pipe, which drops what is buffered when an error comes, it
 * yields every byte that could be unpacked before it throws a `GzipError`. Held in memory: what 16 KB unpack to.
 */
export async function* inflate(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip();
  const state: { ready: Buffer[]; failure: Error | undefined } = { ready: [], failure: undefined };
  gunzip.on('data', (piece: Buffer) => state.ready.push(piece));
  gunzip.on('error', (error) => (state.failure = error));
  const takeReady = (): Buffer[] => state.ready.splice(0);
  try {
    for await (const piece of source) {
      for (let at = 0; at < piece.length && state.failure === undefined; at += stepBytes) {
        const step = piece.subarray(at, at + stepBytes);
        await settled(gunzip, (done) => gunzip.write(step, done));
        yield* takeReady();
      }
      if (state.failure !== undefined) {
        break;
      }
    }
    if (state.failure === undefined) {
      await settled(gunzip, (done) => gunzip.once('end', done).end());
      yield* takeReady();
    }
    if (state.failure !== undefined) {
      throw new GzipError(state.failure);
    }
  } finally {
    gunzip.destroy();
  }
}

/** Waits until a step is done, or the stream is closed because it failed: a failed write may never call back. */
async function settled(gunzip: Gunzip, step: (done: () => void) => void): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      gunzip.off('close', done);
      resolve();
    };
    gunzip.once('close', done);
    step(done);
  });
}
