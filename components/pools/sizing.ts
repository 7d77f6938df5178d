import type { Service } from './slots';

/** What the rule is given: the machine, and what each service weighs by its name (missing: 1). */
export type SizingInput = { cores: number; spindles: number; weights: Record<string, number> };

/** A service that shares the server, with the pool that each of its instances should have. */
export type SizedService = {
  name: string;
  weight: number;
  instances: number;
  /** Whether the instances are given, seen, or one is assumed. */
  instancesFrom: 'configuration' | 'seen' | 'assumed';
  /** Connections that fall to it, a fraction with it. */
  share: number;
  perInstance: number;
  all: number;
  /** What its pool may open now; null: nobody said. */
  poolMax: number | null;
};

/** The rule's result: how many connections work best at once, and what falls to each service. */
export type Sizing = { best: number; all: number; services: SizedService[] };

/** Services in the sum at most, where none is configured. */
const mostSeen = 8;

/**
 * Cores × 2 + spindles connections that are active at once, parted by weight. An instance gets one at least, so that many
 * instances may come to more.
 */
export function sizePools(services: Service[], { cores, spindles, weights }: SizingInput): Sizing {
  const best = 2 * cores + spindles;
  const shared = servicesToSize(services).map((service) => ({ service, weight: weights[service.name] ?? 1 }));
  const sum = shared.reduce((total, { weight }) => total + weight, 0);
  const sized = shared.map(({ service, weight }): SizedService => {
    const instances = service.instances ?? 1;
    const share = sum > 0 ? (best * weight) / sum : 0;
    const perInstance = weight > 0 ? Math.max(1, Math.floor(share / instances)) : 0;
    return {
      name: service.name,
      weight,
      instances,
      instancesFrom:
        service.instances === null ? 'assumed' : service.instances_from === 'configuration' ? 'configuration' : 'seen',
      share,
      perInstance,
      all: perInstance * instances,
      poolMax: service.pool_max,
    };
  });
  return { best, all: sized.reduce((total, { all }) => total + all, 0), services: sized };
}

/** Those whose pools can be sized: what is configured and PgBouncer's databases; where there are none, who is seen. */
function servicesToSize(services: Service[]): Service[] {
  const known = services.filter(
    ({ kind, through_pgbouncer }) => kind === 'pgbouncer' || (kind === 'application' && !through_pgbouncer),
  );
  if (known.length > 0) return known;
  return services
    .filter(({ kind }) => kind === 'seen')
    .sort((a, b) => b.sessions - a.sessions || (a.name < b.name ? -1 : 1))
    .slice(0, mostSeen);
}

/** Weights as the URL holds them: `shop-web:3,checkout:0.5`; undefined where the text is none. */
export function parseWeights(text: string): Record<string, number> | null {
  const weights: Record<string, number> = {};
  for (const part of text.split(',').filter(Boolean)) {
    const at = part.lastIndexOf(':');
    const weight = Number(part.slice(at + 1));
    if (at < 1 || !isWeight(weight)) return null;
    try {
      weights[decodeURIComponent(part.slice(0, at))] = weight;
    } catch {
      return null;
    }
  }
  return weights;
}

/** Writes weights as the URL holds them. */
export function printWeights(weights: Record<string, number>): string {
  return Object.entries(weights)
    .map(([name, weight]) => `${encodeURIComponent(name)}:${weight}`)
    .join(',');
}

/** Whether a number can be a weight. */
export function isWeight(value: number): boolean {
  return Number.isFinite(value) && value >= 0 && value <= 1000;
}
