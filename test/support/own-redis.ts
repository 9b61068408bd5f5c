import { startRedis, type EmbeddedRedis } from '@sluice/embedded';
import { Redis } from 'ioredis';
import { tempFolder } from './temp-folder.ts';

/** A Redis of a test's own, which may go away, fall silent or refuse to write. */
export class OwnRedis {
  readonly url: string;
  readonly client: Redis;
  readonly #dataDir: string;
  readonly #pid: number;
  #server: EmbeddedRedis;

  private constructor(server: EmbeddedRedis, client: Redis, dataDir: string, pid: number) {
    this.#server = server;
    this.#dataDir = dataDir;
    this.#pid = pid;
    this.url = server.url;
    this.client = client;
  }

  static async start(): Promise<OwnRedis> {
    const dataDir = await tempFolder('redis');
    const server = await startRedis({ dataDir });
    const client = new Redis(server.url, { maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    const [, pid] = /process_id:(\d+)/.exec(await client.info('server')) ?? [];
    return new OwnRedis(server, client, dataDir, Number(pid));
  }

  /** Ends it; what it held is on its disk. */
  async goAway(): Promise<void> {
    await this.#server.stop();
  }

  /** Starts it again, at the same address and with what it held. */
  async comeBack(): Promise<void> {
    this.#server = await startRedis({ dataDir: this.#dataDir, port: this.#server.port });
  }

  /** Keeps its connections open and answers nothing. */
  freeze(): void {
    process.kill(this.#pid, 'SIGSTOP');
  }

  thaw(): void {
    process.kill(this.#pid, 'SIGCONT');
  }

  async stop(): Promise<void> {
    this.client.disconnect();
    await this.#server.stop();
  }
}
