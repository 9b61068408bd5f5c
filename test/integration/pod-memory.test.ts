import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import {
  createMemoryCgroup,
  withMemoryCgroups,
  type MemoryCgroup,
} from '../support/memory-cgroup.ts';
import { patiently } from '../support/patience.ts';
import { podLimit, podNodeOptions } from '../support/pod-limit.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { startService, type TestService } from '../support/service.ts';
import { ApiStack, ask, kickOffHeaders, type Answer } from './api-client.ts';

const megabyte = 1024 * 1024;
const post = { ...kickOffHeaders, 'content-type': 'application/fhir+json' };

withMemoryCgroups(() => {
  const limit = podLimit();
  let stack: ApiStack;
  let group: MemoryCgroup;
  let api: TestService;

  beforeAll(async () => {
    stack = await ApiStack.create();
    await storeSampleData(stack.database.pool, [{ type: 'Patient', count: 200_000, bytes: 80 }]);
    const made = createMemoryCgroup(limit * megabyte);
    if (made === undefined) throw new Error('no cgroup');
    group = made;
    api = await startService(
      'api',
      { ...stack.env, EXPORT_SLOTS: '1000' },
      { cgroup: group, nodeOptions: podNodeOptions(limit) },
    );
  }, patiently(120_000));
  afterAll(async () => {
    await api.stop();
    await group.remove();
    await stack.drop();
  });
  afterEach(async () => {
    const peak = Math.round((await group.peakBytes()) / megabyte);
    process.stderr.write(
      `${expect.getState().currentTestName ?? ''}: peak ${peak} of ${limit} MB\n`,
    );
    expect(await group.countKills()).toBe(0);
    expect((await ask(`${api.url}/healthz`)).status).toBe(200);
  });

  const kickOff = async (path: string, body: Buffer): Promise<Answer | 'cut'> =>
    // Of a body that is refused before its end the rest may meet a closed connection.
    await ask(`${api.baseUrl}${path}`, { method: 'POST', headers: post, body }).catch(
      () => 'cut' as const,
    );

  test(
    '200,000 patients can be named in one kick-off',
    async () => {
      const answer = await kickOff('/Patient/$export', patients(200_000));
      expect(answer).toMatchObject({ status: 202, text: '' });
      const { rows } = await stack.database.pool.query<{ n: number }>(
        'select count(*)::int as n from sluice.export_patients',
      );
      expect(rows).toEqual([{ n: 200_000 }]);
    },
    patiently(60_000),
  );

  test(
    'ten such lists at once are accepted, or answered 503',
    async () => {
      const body = patients(200_000);
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => kickOff('/Patient/$export', body)),
      );
      const statuses = answers.map((answer) => (answer === 'cut' ? answer : answer.status));
      expect(statuses).toContain(202);
      expect(statuses.filter((status) => ![202, 503, 'cut'].includes(status))).toEqual([]);
    },
    patiently(120_000),
  );

  test.each<[string, Buffer, number]>([
    ['bodies nested a million deep', Buffer.from('['.repeat(2 * megabyte - 100)), 400],
    ['bodies of a million values', inEntry(`[${'0,'.repeat(megabyte / 5)}0]`), 400],
    ['bodies of a million empty objects', Buffer.from(`{"a":[${'{},'.repeat(600_000)}{}]}`), 413],
    ['bodies that are longer than may be', inEntry(`"${'x'.repeat(3 * megabyte)}"`), 413],
    ['parameters by the hundred thousand', entries(100_000), 400],
  ])(
    'fifty %s at once are refused',
    async (_title, body, expected) => {
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => kickOff('/$export', body)),
      );
      const statuses = answers.map((answer) => (answer === 'cut' ? answer : answer.status));
      expect(statuses).toContain(expected);
      expect(statuses.filter((status) => ![expected, 503, 'cut'].includes(status))).toEqual([]);
    },
    patiently(60_000),
  );

  test(
    'a thousand bodies of 1 MB that never end take no more than there is',
    async () => {
      const sockets: Socket[] = [];
      const body = `{"resourceType":"Parameters","parameter":[${entryText(1000).repeat(1000)}`;
      const head = `POST /fhir/$export HTTP/1.1\r\nHost: a\r\nAccept: application/fhir+json\r\nPrefer: respond-async\r\nContent-Type: application/json\r\nContent-Length: 2000000\r\n\r\n`;
      const answered = Array.from({ length: 1000 }, async () => {
        const socket = connect(api.port, '127.0.0.1');
        sockets.push(socket);
        await new Promise<void>((resolve) => {
          socket.on('error', () => resolve()).once('data', () => resolve());
          socket.write(head);
          socket.write(body, () => resolve());
        });
      });
      await Promise.all(answered);
      expect((await ask(`${api.baseUrl}/metadata`)).status).toBe(200);
      for (const socket of sockets) socket.destroy();
    },
    patiently(60_000),
  );
});

function patients(count: number): Buffer {
  const one = (n: number): string =>
    JSON.stringify({ name: 'patient', valueReference: { reference: `Patient/patient-${n}` } });
  const list = Array.from({ length: count }, (_, n) => one(n + 1)).join(',');
  return Buffer.from(`{"resourceType":"Parameters","id":"${randomUUID()}","parameter":[${list}]}`);
}

function entryText(length: number): string {
  return `{"name":"_type","valueString":"${'x'.repeat(length)}"},`;
}

/** A body whose only entry has this part. */
function inEntry(part: string): Buffer {
  return Buffer.from(`{"resourceType":"Parameters","parameter":[{"name":"_foo","part":${part}}]}`);
}

function entries(count: number): Buffer {
  const list = new Array<string>(count).fill('{"name":"a"}').join(',');
  return Buffer.from(`{"resourceType":"Parameters","parameter":[${list}]}`);
}
