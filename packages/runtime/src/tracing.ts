import {
  context,
  propagation,
  SpanStatusCode,
  trace,
  type Attributes,
  type TextMapGetter,
} from '@opentelemetry/api';

const tracer = trace.getTracer('sluice');

/** Facts of a span; ids of exports and numbers, never a resource, a token or a patient's id. */
export type SpanFacts = Attributes;

/** Where a request that came in may say what it belongs to: `traceparent` of its headers. */
export type TraceCarrier = Readonly<Record<string, string | string[] | undefined>>;

/**
 * Does some work as a span of its own, below the one that is active, or below the one that `carrier`
 * names. Costs next to nothing while no traces are made.
 */
export async function traced<T>(
  name: string,
  facts: SpanFacts,
  work: () => Promise<T>,
  carrier: TraceCarrier = {},
): Promise<T> {
  const parent = propagation.extract(context.active(), carrier, headers);
  return await tracer.startActiveSpan(name, { attributes: facts }, parent, async (span) => {
    try {
      return await work();
    } catch (error) {
      // Messages can hold what clients have sent.
      const message = error instanceof Error ? error.name : 'unknown';
      span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The same function, whose spans belong to the one that is active now: for events of sockets that others opened. */
export function inThisSpan<A extends unknown[], T>(work: (...args: A) => T): (...args: A) => T {
  return context.bind(context.active(), work);
}

const headers: TextMapGetter<TraceCarrier> = {
  keys: (carrier) => Object.keys(carrier),
  get: (carrier, key) => carrier[key],
};

/**
 * Has this process send its spans by OTLP over HTTP, as the OTEL_* variables of its environment say
 * (endpoint, headers, sampler). The SDK is loaded only then.
 *
 * @returns sends what is left, for the shutdown
 */
export async function startTracing(service: 'api' | 'worker'): Promise<() => Promise<void>> {
  const [{ OTLPTraceExporter }, { resourceFromAttributes }, sdk] = await Promise.all([
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace-node'),
  ]);
  const provider = new sdk.NodeTracerProvider({
    resource: resourceFromAttributes({ 'service.name': `sluice-${service}` }),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return () => provider.shutdown();
}
