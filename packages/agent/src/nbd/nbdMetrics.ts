import { Counter, Gauge, Histogram, type LabelValues } from 'prom-client';
import type { AgentMetrics } from '../metrics/agentMetrics.js';
import { type ExportTotals, LATENCY_BOUNDS_SECONDS, REQUEST_KINDS } from './exportCounters.js';

type Totals = ReadonlyMap<string, ExportTotals>;

/**
 * NBD per export, for GET /metrics. The threads count in shared memory; each scrape takes their sums anew, so an
 * export that is gone is gone from here too.
 */
export class NbdMetrics {
  readonly #requests: Counter<'export' | 'kind'>;
  readonly #bytes: Counter<'export' | 'direction'>;
  readonly #errors: Counter<'export'>;
  readonly #gateWait: Counter<'export'>;
  readonly #connections: Gauge<'export'>;

  constructor(metrics: AgentMetrics, totals: () => Totals) {
    const registers = [metrics];
    this.#requests = new Counter({
      name: 'godwit_nbd_requests_total',
      help: 'NBD requests answered',
      labelNames: ['export', 'kind'],
      registers,
    });
    this.#bytes = new Counter({
      name: 'godwit_nbd_bytes_total',
      help: 'Payload of NBD reads and writes that went well',
      labelNames: ['export', 'direction'],
      registers,
    });
    this.#errors = new Counter({
      name: 'godwit_nbd_errors_total',
      help: 'NBD requests answered with an error',
      labelNames: ['export'],
      registers,
    });
    this.#gateWait = new Counter({
      name: 'godwit_nbd_gate_wait_seconds_total',
      help: 'Time that NBD requests spent waiting at the write gate',
      labelNames: ['export'],
      registers,
    });
    this.#connections = new Gauge({
      name: 'godwit_nbd_connections',
      help: 'NBD connections that use the export',
      labelNames: ['export'],
      registers,
    });
    metrics.registerMetric(new LatencyHistogram(totals));
    metrics.onCollect(() => this.#update(totals()));
  }

  #update(totals: Totals): void {
    for (const metric of [this.#requests, this.#bytes, this.#errors, this.#gateWait, this.#connections]) metric.reset();
    for (const [name, counted] of totals) {
      const labels = { export: name };
      for (const kind of REQUEST_KINDS) this.#requests.inc({ ...labels, kind }, counted.requests[kind]);
      this.#bytes.inc({ ...labels, direction: 'read' }, counted.bytes.read);
      this.#bytes.inc({ ...labels, direction: 'write' }, counted.bytes.write);
      this.#errors.inc(labels, counted.errors);
      this.#gateWait.inc(labels, counted.gateWaitMs / 1000);
      this.#connections.set(labels, counted.connections);
    }
  }
}

interface HistogramValue {
  readonly metricName: string;
  readonly labels: LabelValues<'export' | 'le'>;
  readonly value: number;
}

const LATENCY = {
  name: 'godwit_nbd_request_seconds',
  help: 'From the last byte of an NBD request to its reply',
  labelNames: ['export'] as const,
  buckets: [...LATENCY_BOUNDS_SECONDS],
  registers: [],
};

/** A histogram that was counted elsewhere: prom-client's own only takes one observation at a time. */
class LatencyHistogram extends Histogram<'export' | 'le'> {
  readonly #totals: () => Totals;
  /** What it is, without values. */
  readonly #empty = new Histogram<'export' | 'le'>(LATENCY);

  constructor(totals: () => Totals) {
    super(LATENCY);
    this.#totals = totals;
  }

  override async get() {
    const values = [...this.#totals()].flatMap(([image, totals]) => valuesOf(LATENCY.name, image, totals));
    return { ...(await this.#empty.get()), values };
  }

  /** What Registry.metrics asks of a histogram rather than `get`. */
  getForPromString() {
    return this.get();
  }
}

function valuesOf(name: string, image: string, { buckets, durationMs }: ExportTotals): HistogramValue[] {
  const values: HistogramValue[] = [];
  let count = 0;
  for (const [index, requests] of buckets.entries()) {
    count += requests;
    const le = LATENCY_BOUNDS_SECONDS[index] ?? '+Inf';
    values.push({ metricName: `${name}_bucket`, labels: { export: image, le }, value: count });
  }
  values.push({ metricName: `${name}_sum`, labels: { export: image }, value: durationMs / 1000 });
  values.push({ metricName: `${name}_count`, labels: { export: image }, value: count });
  return values;
}
