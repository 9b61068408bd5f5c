import type { Socket } from 'node:net';
import type { Connection, Submittable } from 'pg';
import type { CopyBlocks } from './copy-blocks.ts';
import { divert, readOn } from './direct-socket.ts';

/** What the owner of a CopyOut decides and is told. */
export interface CopyOutHandlers {
  /** Whether the socket is to be read on. */
  readonly wantsMore: () => boolean;
  /** All rows have come; Postgres counted this many. */
  readonly onEnd: (rows: number) => void;
  readonly onError: (error: Error) => void;
}

/**
 * A COPY TO STDOUT for pg's `client.query`, with other statements before and after it if need be.
 * Up to the COPY's last row the bytes of the connection go past pg's parser straight into CopyBlocks;
 * from CopyDone, or an error, on they are pg's again.
 */
export class CopyOut implements Submittable {
  readonly #text: string;
  readonly #blocks: CopyBlocks;
  readonly #handlers: CopyOutHandlers;
  #socket: Socket | undefined;
  #giveBack: ((rest: Buffer) => void) | undefined;
  #rows: number | undefined;

  constructor(text: string, blocks: CopyBlocks, handlers: CopyOutHandlers) {
    this.#text = text;
    this.#blocks = blocks;
    this.#handlers = handlers;
  }

  /** Called by pg when it is this query's turn. */
  submit(connection: Connection): void {
    this.#socket = connection.stream as Socket;
    this.#giveBack = divert(this.#socket, {
      space: () => this.#blocks.space(),
      take: (length) => this.#take(length),
    });
    connection.query(this.#text);
  }

  /** Has the socket read on after `wantsMore` was false. */
  resume(): void {
    if (this.#giveBack && this.#socket) readOn(this.#socket);
  }

  /** Called by pg: `COPY n`, then what came after it. */
  handleCommandComplete(message: { text?: string }): void {
    const rows = /^COPY (\d+)$/.exec(message.text ?? '')?.[1];
    if (rows !== undefined) this.#rows = Number(rows);
  }

  /** Called by pg: the statements are over. */
  handleReadyForQuery(): void {
    if (this.#rows !== undefined) this.#handlers.onEnd(this.#rows);
  }

  /** Called by pg: an error of the statement or of the connection. */
  handleError(error: Error): void {
    this.#leave(Buffer.alloc(0));
    this.#handlers.onError(error);
  }

  #take(length: number): boolean {
    try {
      this.#blocks.advance(length);
    } catch (error) {
      this.#handlers.onError(error as Error);
      return false;
    }
    if (this.#blocks.rest) {
      this.#leave(this.#blocks.rest);
      return true;
    }
    return this.#handlers.wantsMore();
  }

  #leave(rest: Buffer): void {
    const giveBack = this.#giveBack;
    this.#giveBack = undefined;
    giveBack?.(rest);
  }
}
