import { Readable } from 'node:stream';
import type { ByteRange } from '../output-store.ts';
import type { GcsAnswer, GcsClient } from './gcs-client.ts';
import { objectPath } from './gcs-object.ts';
import { persevere } from './gcs-patience.ts';

/** An answer whose body comes in pieces. */
type Opened = GcsAnswer<AsyncGenerator<Buffer>>;

/**
 * Opens an object or a range of it. A connection that is cut or stalls is made again from the byte it
 * came to, of the same generation.
 *
 * @throws StorageError `not-found`
 */
export async function readObject(
  client: GcsClient,
  name: string,
  { start, end }: Partial<ByteRange> = {},
): Promise<Readable> {
  const open = (from: number, generation?: string) =>
    client.open({
      operation: 'storage.objects.get',
      method: 'GET',
      path: objectPath(client.bucket, name),
      query: { alt: 'media', generation },
      headers: from > 0 || end !== undefined ? { Range: `bytes=${from}-${end ?? ''}` } : {},
    });
  const first = await persevere(client.patience, () => open(start ?? 0));
  return Readable.from(piecesOf(client, first, start ?? 0, open), { objectMode: false });
}

async function* piecesOf(
  client: GcsClient,
  first: Opened,
  start: number,
  open: (from: number, generation?: string) => Promise<Opened>,
): AsyncGenerator<Buffer> {
  const end = start + Number(first.headers['content-length']);
  const generation = first.headers['x-goog-generation'] as string | undefined;
  let opened = first;
  let at = start;
  try {
    while (at < end) {
      const piece = await persevere(client.patience, async (fault) => {
        if (fault) opened = await open(at, generation);
        return await opened.data.next();
      });
      if (piece.done) return;
      at += piece.value.length;
      yield piece.value;
    }
  } finally {
    await opened.data.return(undefined);
  }
}
