import { type FileHandle, open } from 'node:fs/promises';
import { decodeText } from './decode-text.ts';
import { inflate } from './inflate.ts';

const gzipMagic = Buffer.from([0x1f, 0x8b]);
const pieceBytes = 64 * 1024;

/**
 * Reads a file in pieces of UTF-8, unpacked if its first bytes say it is gzip, whatever its name says. Throws as `inflate` and `decodeText` do. `onRead` hears of every piece taken
 * from the disk, with its size there.
 */
export async function* readBytes(
  path: string,
  onRead: (bytes: number) => void = () => undefined,
): AsyncGenerator<Buffer, void, undefined> {
  const file = await open(path);
  try {
    const magic = Buffer.alloc(2);
    const { bytesRead } = await file.read(magic, 0, 2, 0);
    const pieces = readPieces(file, onRead);
    const isPacked = bytesRead === 2 && magic.equals(gzipMagic);
    yield* decodeText(isPacked ? inflate(pieces) : pieces);
  } finally {
    await file.close();
  }
}

async function* readPieces(
  file: FileHandle,
  onRead: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  let position = 0;
  let next = readPiece(file, position);
  try {
    for (;;) {
      const piece = await next;
      if (piece.length === 0) {
        return;
      }
      position += piece.length;
      // Read while the caller is busy with this one, so that the two do not wait for each other.
      next = readPiece(file, position);
      onRead(piece.length);
      yield piece;
    }
  } finally {
    // When the caller has enough, nobody is told any more how the last read went.
    await next.catch(() => undefined);
  }
}

async function readPiece(file: FileHandle, position: number): Promise<Buffer> {
  // A new buffer each time: lines are views of it and outlive it.
  const piece = Buffer.allocUnsafeSlow(pieceBytes);
  const { bytesRead } = await file.read(piece, 0, pieceBytes, position);
  return piece.subarray(0, bytesRead);
}
