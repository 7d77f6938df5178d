import type { Registry } from 'prom-client';

/** `untyped`: a name that somebody else made, which Prometheus' linter would not take for its type. */
export type MetricType = 'counter' | 'gauge' | 'untyped';

/** One metric: what it is, and whose dashboards know it by this name. */
export type Metric = {
  type: MetricType;
  help: string;
  labels: readonly string[];
  from?: 'postgres_exporter' | 'pgbouncer_exporter' | undefined;
};

type Labels = Record<string, string>;
type Sample = { labels: Labels; value: number };

/** The figures of one scrape: each metric with its samples, at most one for each choice of labels. */
export class Sheet {
  readonly #metrics = new Map<string, { metric: Metric; samples: Map<string, Sample> }>();

  /** Notes a value; what is not a number is left out, and of two with the same labels the greater one stays. */
  set(name: string, metric: Metric, labels: Labels, value: number | null | undefined): void {
    if (typeof value !== 'number' || !Number.isFinite(value)) return;
    let kept = this.#metrics.get(name);
    if (!kept) {
      kept = { metric, samples: new Map() };
      this.#metrics.set(name, kept);
    }
    const key = Object.values(labels).join('\0');
    const before = kept.samples.get(key);
    if (!before || before.value < value) kept.samples.set(key, { labels, value });
  }

  /** Puts what was noted into a registry of prom-client, which writes it down. */
  register(registry: Registry): void {
    for (const [name, { metric, samples }] of this.#metrics) {
      const { help, type } = metric;
      const values = [...samples.values()];
      registerAs(registry, { name, help, type, get: async () => ({ name, help, type, values }) });
    }
  }
}

/** A metric as prom-client's registry takes it; its own types know only the classes that count by themselves. */
type Registered = { name: string; help: string; type: string; get(): Promise<unknown> };

/** Adds a metric that was made elsewhere to a registry. */
export function registerAs(registry: Registry, metric: Registered): void {
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
}
