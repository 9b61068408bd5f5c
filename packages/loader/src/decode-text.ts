import { TextDecoder } from 'node:util';
import { headBytes, recognizeBytes, UnreadableError } from './recognize-bytes.ts';

/** Gives a text as UTF-8: UTF-16 is recoded, UTF-8 passed on as it is. Throws an `UnreadableError` as `recognizeBytes` does, and when UTF-16 is damaged. */
export async function* decodeText(
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void, undefined> {
  let head: Buffer | undefined = Buffer.alloc(0);
  let decoder: TextDecoder | undefined;
  const begin = (bytes: Buffer): Buffer => {
    head = undefined;
    const encoding = recognizeBytes(bytes);
    if (encoding === 'utf-8') return bytes;
    decoder = new TextDecoder(encoding, { fatal: true });
    return recode(decoder, bytes);
  };
  for await (const piece of source) {
    if (head !== undefined) {
      head = head.length === 0 ? piece : Buffer.concat([head, piece]);
      if (head.length >= headBytes) yield begin(head);
    } else {
      yield decoder === undefined ? piece : recode(decoder, piece);
    }
  }
  if (head !== undefined) yield begin(head);
  if (decoder !== undefined) recode(decoder);
}

/** Without a piece, what is left has to be nothing. */
function recode(decoder: TextDecoder, piece?: Buffer): Buffer {
  try {
    return Buffer.from(decoder.decode(piece, { stream: piece !== undefined }));
  } catch (error) {
    throw new UnreadableError('its UTF-16 is damaged', { cause: error });
  }
}
