import { deckMetrics, serverMetrics } from './deck';
import { measureProcess, ownMetrics } from './own';
import type { Metric } from './sheet';
import { sources } from './sources/index';

type Listed = Omit<Metric, 'type'> & { type: string };

/** What pgdeck counts of itself, as prom-client has it; without what it tells of any process of Node. */
function counted(): Record<string, Listed> {
  measureProcess();
  const metrics = ownMetrics().registry.getMetricsAsArray() as unknown as (Listed & {
    name: string;
    labelNames: string[];
  })[];
  return Object.fromEntries(
    metrics.map(({ name, type, help, labelNames }) => [name, { type, help, labels: labelNames }]),
  );
}

/** Every metric by the part of docs/metrics.md that lists it. */
export function catalogue(): Record<'servers' | 'deck' | 'process', Record<string, Listed>> {
  const servers: Record<string, Listed> = { ...serverMetrics };
  for (const { metrics } of sources) Object.assign(servers, metrics);
  const own = Object.entries(counted());
  const isOfProcess = ([name]: [string, Listed]) => /^(process|nodejs)_/.test(name);
  return {
    servers,
    deck: { ...deckMetrics, ...Object.fromEntries(own.filter((each) => !isOfProcess(each))) },
    process: Object.fromEntries(own.filter(isOfProcess)),
  };
}
