import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Deployment } from '../support/deployment.ts';
import { finished } from '../support/export-client.ts';
import { storeSampleData } from '../support/sample-data.ts';
import { waitFor } from '../support/wait-for.ts';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

/** What an OTLP exporter sends, as far as it matters here. */
interface Traces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[];
  }[];
}

const spans: Span[] = [];
let collector: Server;
let deployment: Deployment;

beforeAll(async () => {
  collector = createServer((request, response) => {
    const blocks: Buffer[] = [];
    request.on('data', (block: Buffer) => blocks.push(block));
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(Buffer.concat(blocks).toString()) as Traces;
      spans.push(...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((s) => s.spans)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(collector, 'listening');
  const { port } = collector.address() as AddressInfo;
  deployment = await Deployment.create({
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_BSP_SCHEDULE_DELAY: '100',
  });
  await storeSampleData(deployment.database.pool, [{ type: 'Patient', count: 20, bytes: 400 }]);
});
afterAll(async () => {
  await deployment.drop();
  collector.close();
});

test('an export is one trace, from the client that kicks it off to the storage', async () => {
  const { base } = await deployment.startApi();
  await deployment.startWorker();
  const traceId = '0af7651916cd43dd8448eb211c80319c';
  const kickedOff = await fetch(`${base}/$export`, {
    headers: {
      accept: 'application/fhir+json',
      prefer: 'respond-async',
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    },
  });
  await finished(kickedOff.headers.get('content-location') ?? '');

  const named = (name: string) =>
    spans.find((span) => span.traceId === traceId && span.name === name);
  const wanted = ['kick-off', 'plan', 'part', 'storage commit', 'finish'];
  await waitFor(() => wanted.every((name) => named(name) !== undefined), {
    timeoutMs: 10_000,
    what: 'all spans have come',
  });
  expect(named('kick-off')?.parentSpanId).toBe('b7ad6b7169203331');
  expect(named('storage commit')?.parentSpanId).toBe(named('part')?.spanId);
});
