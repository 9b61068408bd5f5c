import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { patiently } from '../support/patience.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';
import { ApiStack, ask, begin } from './api-client.ts';

const clients = 1000;
const limitMs = 15_000;
const megabyte = 1024 * 1024;
/** More than the kernel keeps for a client that reads nothing. */
const file = randomBytes(16 * megabyte);

let stack: ApiStack;
let api: TestService;
let base: string;
let filePath: string;

beforeAll(async () => {
  stack = await ApiStack.create();
  const limits = { REQUEST_TIMEOUT: `${limitMs}ms`, DOWNLOAD_STALL_TIMEOUT: `${limitMs}ms` };
  api = await startService('api', { ...stack.env, ...limits });
  base = api.baseUrl;
  await stack.store({ resourceType: 'Patient', id: 'p1' });
  filePath = await exportedFile();
});
afterAll(async () => {
  await api.stop();
  await stack.drop();
});

/** Address of an output file, with its signature. */
async function exportedFile(): Promise<string> {
  const status = await begin(base);
  const { pool } = stack.database;
  const { rows } = await pool.query<{ id: string; folder: string }>(
    `update sluice.exports set state = 'completed', completed_at = now(), parts_total = 1,
            parts_completed = 1, expires_at = now() + interval '1 day'
     returning id, folder`,
  );
  const { id = '', folder = '' } = rows[0] ?? {};
  await pool.query(
    `insert into sluice.parts (export_id, number, kind, type, access, range_from, range_to, state)
     values ($1, 1, 'output', 'Patient', 'range', 0, 1, 'completed')`,
    [id],
  );
  await pool.query(
    `insert into sluice.output_files (export_id, part_number, number, kind, type, name, count, bytes, sha256)
     values ($1, 1, 1, 'output', 'Patient', 'Patient-1-1.ndjson', 1, $2, $3)`,
    [id, file.length, createHash('sha256').update(file).digest('hex')],
  );
  await mkdir(join(stack.files, folder), { recursive: true });
  await writeFile(join(stack.files, folder, 'Patient-1-1.ndjson'), file);
  const manifest = JSON.parse((await ask(status)).text) as { output: { url: string }[] };
  const { pathname, search } = new URL(manifest.output[0]?.url ?? '');
  return pathname + search;
}

/** Connections of clients that the API holds open, as the kernel sees it. */
async function countConnections(): Promise<number> {
  const port = api.port.toString(16).toUpperCase().padStart(4, '0');
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map((name) => readFile(`/proc/${api.pid}/net/${name}`, 'utf8')),
  );
  // Local address, remote address, state, and behind others the inode, which is 0 when no process has it any more.
  const line = new RegExp(`^ *\\d+: [0-9A-F]+:${port} (?!0+:0000 )(?:\\S+ +){7}[1-9]`, 'gm');
  return tables.join('').match(line)?.length ?? 0;
}

/** A crowd of clients of one kind. */
interface Crowd {
  /** Sent at once. */
  readonly request: () => string;
  /** Sent again and again, so that the connection is never silent. */
  readonly drip: string;
  /** Takes nothing of the answer. */
  readonly isStalled?: boolean;
}

const crowds: readonly [string, Crowd][] = [
  ['that send nothing', { request: () => '', drip: '' }],
  [
    'that send headers byte by byte',
    { request: () => 'GET /fhir/metadata HTTP/1.1\r\nHost: a\r\nX-Slow: ', drip: 'x' },
  ],
  [
    'that send a body byte by byte',
    {
      request: () =>
        'POST /fhir/$export HTTP/1.1\r\nHost: a\r\nAccept: application/fhir+json\r\nPrefer: respond-async\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{',
      drip: ' ',
    },
  ],
  [
    'that take nothing of a file',
    { request: () => `GET ${filePath} HTTP/1.1\r\nHost: a\r\n\r\n`, drip: '', isStalled: true },
  ],
];

/** Opens the connections of a crowd. Returns how to end them. */
async function open({ request, drip, isStalled }: Crowd): Promise<() => void> {
  const { port } = new URL(base);
  const opened = Array.from({ length: clients }, async () => {
    const socket = connect(Number(port), '127.0.0.1');
    // A connection that is reset has ended as well.
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    socket.write(request());
    // The answer has begun, and nobody reads it.
    if (isStalled) await once(socket, 'readable');
    else socket.resume();
    return socket;
  });
  const sockets = await Promise.all(opened);
  const dripping = setInterval(() => {
    if (drip !== '') for (const socket of sockets) if (socket.writable) socket.write(drip);
  }, 500);
  return () => {
    clearInterval(dripping);
    for (const socket of sockets) socket.destroy();
  };
}

describe.each(crowds)(`beside ${clients} clients %s`, (title, crowd) => {
  test(
    'another one is served, and they are ended',
    async () => {
      await ask(`${base}/Patient/p1`);
      const before = await countConnections();
      const end = await open(crowd);
      try {
        const took: number[] = [];
        for (let n = 0; n < 60; n += 1) {
          const began = performance.now();
          const answer = await ask(`${base}/Patient/p1`);
          took.push(performance.now() - began);
          expect(answer.status).toBe(200);
        }
        // So that it was beside them. Of downloads that stall no more are kept than may be, and on a
        // slow machine the first ones have been ended by now.
        const beside = (await countConnections()) - before;
        expect(beside).toBeGreaterThan(crowd.isStalled ? 50 : clients / 2);
        const median = took.sort((a, b) => a - b)[took.length / 2] ?? Infinity;
        process.stderr.write(`${beside} clients ${title}: median ${median.toFixed(1)} ms\n`);
        expect(median).toBeLessThan(100);
        const areGone = async (): Promise<boolean> => (await countConnections()) <= before;
        await waitFor(areGone, { timeoutMs: 2 * limitMs, what: 'they are ended' });
      } finally {
        end();
      }
    },
    patiently(60_000),
  );
});

test('more connections than MAX_CONNECTIONS are closed at once, and it is said', async () => {
  const few = await stack.start({ MAX_CONNECTIONS: '10' });
  const { port } = new URL(few);
  const sockets = Array.from({ length: 30 }, () => connect(Number(port), '127.0.0.1'));
  let closed = 0;
  for (const socket of sockets)
    socket.on('error', () => undefined).on('close', () => (closed += 1));
  await waitFor(() => closed >= 20, { what: 'those beyond the limit are closed' });
  for (const socket of sockets) socket.destroy();
});
