import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { registerAs } from './sheet';

/** What pgdeck counts of itself while it runs; `registry` also has the process's own figures once they are begun. */
export type OwnMetrics = {
  registry: Registry;
  requests: Histogram<'method' | 'route' | 'status'>;
  statements: Histogram<'server' | 'statement'>;
  failures: Counter<'server' | 'statement'>;
  lateness: Histogram<'server'>;
};

/** Gauges whose names look like counters, and those that mean nothing after the reset at each scrape. */
const leftOut = [
  'nodejs_active_handles_total',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
  'nodejs_eventloop_lag_min_seconds',
  'nodejs_eventloop_lag_stddev_seconds',
];

const key = Symbol.for('pgdeck.metrics');
const shared = globalThis as { [key]?: OwnMetrics };

/** The counters of the process; one set for both module graphs (launcher and Next). */
export function ownMetrics(): OwnMetrics {
  shared[key] ??= create();
  return shared[key];
}

/** Begins to measure the process itself: processor, memory, event loop, garbage collection. */
export function measureProcess(): void {
  const { registry } = ownMetrics();
  if (registry.getSingleMetric('process_cpu_seconds_total')) return;
  collectDefaultMetrics({ register: registry });
  for (const name of leftOut) registry.removeSingleMetric(name);
}

/** Drops what was counted of a server that is not watched any more. */
export async function dropServer(server: string): Promise<void> {
  const { statements, failures, lateness } = ownMetrics();
  for (const metric of [statements, failures, lateness] as Counted[]) {
    const { values } = await metric.get();
    for (const { labels } of values) {
      const { le: _, ...own } = labels;
      if (own.server === server) metric.remove(own);
    }
  }
}

type Counted = { get(): Promise<{ values: { labels: Labels }[] }>; remove(labels: Labels): void };
type Labels = Record<string, string | number | undefined>;

function create(): OwnMetrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    requests: new Histogram({
      name: 'pgdeck_http_request_duration_seconds',
      help: 'Time in which requests were answered, by the path of the route; page: a page was drawn; none: no route of pgdeck.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    statements: new Histogram({
      name: 'pgdeck_statement_duration_seconds',
      help: "Time from sending to the answer of pgdeck's own statements to a server, by what they are for.",
      labelNames: ['server', 'statement'],
      buckets: [0.005, 0.025, 0.1, 0.5, 2.5],
      registers,
    }),
    failures: new Counter({
      name: 'pgdeck_statements_failed_total',
      help: "pgdeck's own statements that failed, by what they are for.",
      labelNames: ['server', 'statement'],
      registers,
    }),
    lateness: new Histogram({
      name: 'pgdeck_sampler_lateness_seconds',
      help: 'How long after its time each question to a server was asked.',
      labelNames: ['server'],
      buckets: [0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
  };
}

type Value = { value: number; labels?: { server?: string }; sharedLabels?: { server?: string } };
type Given = { name: string; help: string; type: string; values: Value[] };

/** Adds what is counted to the registry of one scrape, of servers only those that the reader may see. */
export function registerOwn(registry: Registry, servers: ReadonlySet<string>): void {
  for (const { name, help } of ownMetrics().registry.getMetricsAsArray()) {
    const metric = ownMetrics().registry.getSingleMetric(name) as unknown as {
      get(): Promise<Given>;
      getForPromString?(): Promise<Given>;
    };
    registerAs(registry, {
      name,
      help,
      type: 'gauge',
      get: async () => {
        const given = await (metric.getForPromString ? metric.getForPromString() : metric.get());
        return { ...given, values: given.values.filter((value) => isTold(value, servers)) };
      },
    });
  }
}

/** Right after a scrape nothing is known of the event loop: that is no number. */
function isTold({ value, labels, sharedLabels }: Value, servers: ReadonlySet<string>): boolean {
  const server = sharedLabels?.server ?? labels?.server;
  return Number.isFinite(value) && (server === undefined || servers.has(server));
}
