import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { runSluice } from '../integration/cli-command.ts';
import { withServer } from '../servers/available-servers.ts';
import { difference, exactly } from '../support/compare-export.ts';
import {
  downloadLines,
  exportIdOf,
  fileName,
  finished,
  linesOf,
  sha256Of,
  type Manifest,
  type ManifestItem,
} from '../support/export-client.ts';
import { readFirstPatients, ServedStore } from '../support/served-store.ts';
import { storageBackends, type StorageBackend } from '../support/storage-backends.ts';
import type { Sample } from '../support/synthea.ts';
import { tempFolder } from '../support/temp-folder.ts';
import { waitFor } from '../support/wait-for.ts';

let samples: Sample[];
let served: ServedStore;

beforeAll(async () => {
  samples = await readFirstPatients(20);
  // Large enough parts for objects that are stored piece by piece.
  served = await ServedStore.create(samples, { PART_RESOURCES: '20000' });
}, 120_000);
afterAll(() => served.drop());

/** `sluice export` into a folder of its own; gives its lines, which it has verified, and its manifest. */
async function exportByCommand(...args: string[]) {
  const folder = await tempFolder('out');
  const ran = await runSluice(['export', '--base', served.base, '--out', folder, ...args]);
  expect(ran).toMatchObject({ code: 0 });
  const text = await readFile(join(folder, 'manifest.json'), 'utf8');
  const names = (await readdir(folder)).filter((name) => name !== 'manifest.json').sort();
  const files = await Promise.all(names.map((name) => readFile(join(folder, name))));
  const plain = files.map((bytes, n) => (names[n]?.endsWith('.gz') ? gunzipSync(bytes) : bytes));
  const statusUrl = /Export (\S+)/.exec(ran.stderr)?.[1] ?? '';
  return { statusUrl, manifest: JSON.parse(text) as Manifest, lines: plain.flatMap(linesOf) };
}

const linesWanted = (types?: readonly string[]) =>
  samples.filter(({ type }) => types?.includes(type) ?? true).map(({ line }) => line);

describe.each(storageBackends)('$name', ({ needs, start }) => {
  const tests = (): void => {
    let backend: StorageBackend;
    let statusUrl: string;
    let manifest: Manifest;

    beforeAll(async () => {
      backend = await start();
      await served.serve(backend.env);
    }, 60_000);
    afterAll(() => backend.stop());

    const item = (): ManifestItem => manifest.output[0] as ManifestItem;

    test('an export arrives to the byte, by URLs of the store', async () => {
      const exported = await exportByCommand();
      ({ statusUrl, manifest } = exported);
      const wanted = linesWanted();
      expect(difference(exported.lines, wanted)).toEqual(exactly(wanted));
      expect(manifest.requiresAccessToken).toBe(false);
      const origins = manifest.output.map(({ url }) => new URL(url).origin);
      expect(new Set(origins)).toEqual(new Set([backend.origin]));
    }, 90_000);

    test('every read of the manifest gives URLs that work without a header, as what they are', async () => {
      const again = await finished(statusUrl);
      expect(again.output.map(fileName)).toEqual(manifest.output.map(fileName));
      const answer = await fetch(again.output[0]?.url ?? '');
      expect(answer.headers.get('content-type')).toMatch(/^application\/fhir\+ndjson/);
      expect(answer.headers.get('content-encoding')).toBeNull();
      expect(sha256Of(Buffer.from(await answer.arrayBuffer()))).toBe(
        item().extension['urn:sluice:output-file'].sha256,
      );
      const cut = item().url.slice(0, -3);
      expect((await fetch(cut)).status).toBeGreaterThanOrEqual(400);
    });

    test('gzip is stored and served as what was asked for', async () => {
      const types = ['Patient', 'Encounter'];
      const args = ['--type', types.join(), '--output-format', 'gzip', '--delete'];
      const exported = await exportByCommand(...args);
      const wanted = linesWanted(types);
      expect(difference(exported.lines, wanted)).toEqual(exactly(wanted));
    }, 60_000);

    test('with FILE_ACCESS=token the API streams the files from the store', async () => {
      const { base } = await served.deployment.startApi({ ...backend.env, FILE_ACCESS: 'token' });
      const through = await finished(`${base}/$export-status/${exportIdOf(statusUrl)}`);
      expect(through.output.every(({ url }) => url.startsWith(`${base}/$export-file/`))).toBe(true);
      const wanted = linesWanted();
      expect(difference(await downloadLines(through.output), wanted)).toEqual(exactly(wanted));

      const { url, extension } = through.output[0] as ManifestItem;
      const { size, sha256 } = extension['urn:sluice:output-file'];
      const head = await fetch(url, { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
      expect([head.status, head.headers.get('content-length')]).toEqual([200, String(size)]);
      const etag = head.headers.get('etag') ?? '';
      expect(etag).toBe(`"${sha256}"`);
      const ranged = await fetch(url, { headers: { range: 'bytes=5-14', 'if-range': etag } });
      const whole = Buffer.from(await (await fetch(item().url)).arrayBuffer());
      expect([ranged.status, await ranged.text()]).toEqual([206, whole.subarray(5, 15).toString()]);
      const unchanged = await fetch(url, {
        headers: { 'if-none-match': etag, 'accept-encoding': 'identity' },
      });
      expect(unchanged.status).toBe(304);
      const beyond = await fetch(url, { headers: { range: `bytes=${size}-` } });
      expect(beyond.status).toBe(416);
      const zipped = await fetch(url, { headers: { 'accept-encoding': 'gzip' } });
      expect(zipped.headers.get('content-encoding')).toBe('gzip');
      expect(sha256Of(Buffer.from(await zipped.arrayBuffer()))).toBe(sha256);
    }, 60_000);

    test('a health check does all of it, and names the store', async () => {
      const expected = { result: { message: 'ok', storage: backend.summary } };
      const answer = await fetch(`${new URL(served.base).origin}/rpc`, {
        method: 'POST',
        headers: { 'content-type': 'text/yaml' },
        body: 'method: aidbox.bulk/storage-healthcheck',
      });
      expect([answer.status, parse(await answer.text())]).toEqual([200, expected]);
      const ran = await runSluice(['healthcheck'], backend.env);
      expect([ran.code, parse(ran.stdout)]).toEqual([0, expected]);
    }, 30_000);

    test('what is deleted is gone from the store', async () => {
      expect((await fetch(statusUrl, { method: 'DELETE' })).status).toBe(202);
      const left = async (): Promise<string[]> =>
        (await backend.list()).filter((name) => !name.endsWith('/sluice-deployment.json'));
      await waitFor(async () => (await left()).length === 0, { what: 'nothing is left' });
      expect((await fetch(item().url)).status).toBe(404);
    });
  };
  if (needs === undefined) tests();
  else withServer(needs, tests);
});
