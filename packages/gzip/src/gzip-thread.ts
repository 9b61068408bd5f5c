import { parentPort, workerData } from 'node:worker_threads';
import { crc32 } from 'node:zlib';
import type { Places, ThreadData } from './thread-messages.ts';
import { instantiate } from './web-assembly.ts';

/**
 * One thread of a pool: told how long the input is that lies in the shared memory, it makes a gzip
 * member (RFC 1952) of it there and answers how long that is.
 */

/** A global of the module. */
interface Exported {
  readonly value: number;
}

interface Deflate {
  readonly inputAt: Exported;
  readonly outputAt: Exported;
  readonly limit: Exported;
  compress(length: number): number;
}

/** No name, no time, unknown system: the same input is the same member. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const trailerBytes = 8;

const { module, memory } = workerData as ThreadData;
const deflate = instantiate<Deflate>(module, memory);
const inputAt = deflate.inputAt.value;
const outputAt = deflate.outputAt.value;
const bytes = Buffer.from(memory.buffer);
header.copy(bytes, outputAt - header.length);

parentPort?.on('message', (length: number) => {
  const end = outputAt + deflate.compress(length);
  bytes.writeUInt32LE(crc32(bytes.subarray(inputAt, inputAt + length)), end);
  bytes.writeUInt32LE(length, end + 4);
  parentPort?.postMessage(end + trailerBytes - places.memberAt);
});

const places: Places = {
  inputAt,
  memberAt: outputAt - header.length,
  limit: deflate.limit.value,
};
parentPort?.postMessage(places);
