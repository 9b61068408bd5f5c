import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { metricDefinitions, type MetricDefinition, type MetricName } from './definitions.ts';

type Definitions = typeof metricDefinitions;
type NameOf<K extends MetricDefinition['kind']> = {
  [N in MetricName]: Definitions[N]['kind'] extends K ? N : never;
}[MetricName];

/** The labels of a metric, each with one of its closed set of values. */
export type LabelsOf<N extends MetricName> = {
  readonly [
    L in keyof Definitions[N]['labels']
  ]: Definitions[N]['labels'][L] extends readonly (infer V)[] ? V : never;
};

/**
 * The metrics of one process, for Prometheus. Counters are there from the start with 0, so that a first
 * event is seen as an increase.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<string, Counter>();
  readonly #gauges = new Map<string, Gauge>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #collectors: (() => Promise<void>)[] = [];

  constructor(service: 'api' | 'worker') {
    collectDefaultMetrics({ register: this.#registry });
    for (const [name, definition] of Object.entries<MetricDefinition>(metricDefinitions)) {
      if (definition.of.includes(service)) this.#add(name, definition);
    }
  }

  /** Counts one event, or `by` of them. */
  count<N extends NameOf<'counter'>>(name: N, labels: LabelsOf<N>, by = 1): void {
    this.#counters.get(name)?.inc(plain(labels), by);
  }

  /** Notes one measurement, in the unit of the name. */
  observe<N extends NameOf<'histogram'>>(name: N, labels: LabelsOf<N>, value: number): void {
    this.#histograms.get(name)?.observe(plain(labels), value);
  }

  /** Says how much there is of something now. */
  set<N extends NameOf<'gauge'>>(name: N, labels: LabelsOf<N>, value: number): void {
    this.#gauges.get(name)?.set(plain(labels), value);
  }

  /** Has `collect` set gauges whenever the metrics are read. */
  beforeRead(collect: () => Promise<void>): void {
    this.#collectors.push(collect);
  }

  /** Media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics in Prometheus' text form. */
  async text(): Promise<string> {
    await Promise.all(this.#collectors.map((collect) => collect()));
    return await this.#registry.metrics();
  }

  #add(name: string, { kind, help, labels, buckets }: MetricDefinition): void {
    const labelNames = Object.keys(labels);
    const options = { name, help, labelNames, registers: [this.#registry] };
    switch (kind) {
      case 'counter': {
        const counter = new Counter(options);
        for (const values of combinations(labels)) counter.inc(values, 0);
        this.#counters.set(name, counter);
        return;
      }
      case 'gauge':
        this.#gauges.set(name, new Gauge(options));
        return;
      case 'histogram':
        this.#histograms.set(name, new Histogram({ ...options, buckets: [...(buckets ?? [])] }));
    }
  }
}

/** Labels as prom-client takes them. */
function plain(labels: object): Record<string, string> {
  return { ...labels };
}

/** Every combination of label values. */
function combinations(labels: MetricDefinition['labels']): Record<string, string>[] {
  return Object.entries(labels).reduce<Record<string, string>[]>(
    (found, [label, values]) =>
      found.flatMap((rest) => values.map((value) => ({ ...rest, [label]: value }))),
    [{}],
  );
}
