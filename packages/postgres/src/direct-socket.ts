import { Socket } from 'node:net';

/** Who takes the bytes of a connection while a COPY runs. */
export interface ByteSink {
  /** Memory for the next bytes. */
  space(): Buffer;
  /** Says that `length` bytes have come; false: no more until `readOn` is called. */
  take(length: number): boolean;
}

const sinks = new WeakMap<Socket, ByteSink | undefined>();
/** Sockets that are not read from, since their sinks have had enough for now. */
const heldUp = new WeakSet<Socket>();
const ordinaryBytes = 64 * 1024;

/**
 * Makes a socket whose incoming bytes can be read straight into a sink's memory. Without a sink it
 * behaves as any other and emits `data`. (Node's `onread` reads into memory that the caller owns.)
 */
export function createDirectSocket(): Socket {
  const own = Buffer.allocUnsafeSlow(ordinaryBytes);
  const socket: Socket = new Socket({
    onread: {
      buffer: () => sinks.get(socket)?.space() ?? own,
      callback: (length: number, buffer: Uint8Array) => {
        const sink = sinks.get(socket);
        if (buffer === own) {
          const bytes = Buffer.from(own.subarray(0, length));
          if (!sink) return socket.emit('data', bytes) || true;
          return hold(socket, putInto(sink, bytes));
        }
        if (sink) return hold(socket, sink.take(length));
        // The sink has left while this read was under way: the bytes are for the ordinary reader.
        return socket.emit('data', Buffer.from(buffer.subarray(0, length))) || true;
      },
    },
  } as ConstructorParameters<typeof Socket>[0]);
  sinks.set(socket, undefined);
  return socket;
}

/**
 * Leads the bytes of a connection into a sink, until the returned function is called with what the
 * ordinary reader is to see next. Any other socket (TLS) is served from its `data` events.
 */
export function divert(socket: Socket, sink: ByteSink): (rest: Buffer) => void {
  const readers = socket.listeners('data') as ((chunk: Buffer) => void)[];
  if (sinks.has(socket)) {
    sinks.set(socket, sink);
  } else {
    socket.removeAllListeners('data');
    socket.on('data', (chunk: Buffer) => {
      if (!hold(socket, putInto(sink, chunk))) socket.pause();
    });
  }
  return (rest) => {
    if (sinks.has(socket)) {
      sinks.set(socket, undefined);
    } else {
      socket.removeAllListeners('data');
      for (const reader of readers) socket.on('data', reader);
    }
    if (rest.length > 0) for (const reader of readers) reader(rest);
    readOn(socket);
  };
}

/** Has a socket read on after its sink has had enough. */
export function readOn(socket: Socket): void {
  heldUp.delete(socket);
  socket.resume();
}

/** Whether nothing comes from a socket because its own sink wants nothing for now. */
export function isHeldUp(socket: Socket): boolean {
  return heldUp.has(socket);
}

function hold(socket: Socket, more: boolean): boolean {
  if (!more) heldUp.add(socket);
  return more;
}

function putInto(sink: ByteSink, bytes: Buffer): boolean {
  let more = true;
  for (let at = 0; at < bytes.length;) {
    const length = bytes.copy(sink.space(), 0, at);
    more = sink.take(length) && more;
    at += length;
  }
  return more;
}
