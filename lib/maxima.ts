import type { Row } from '@/lib/topics/index';

type Service = Row<'application-pools'>;

/** The sum of what all pools may open, against what the server takes. */
export type Maxima = {
  most: number;
  ceiling: number | null;
  /** How many clients are refused if all pools fill. */
  beyond: number;
  /** Connected, and nobody said how large their pools are: what they have now is counted. */
  unknown: Service[];
  /** Databases of PgBouncer whose pools have no limit that is known: what they have now is counted. */
  unlimited: Service[];
  configured: boolean;
  /** Roles and databases that may have fewer connections than their pools may open. */
  limited: Limited[];
};

/** A role or database whose own limit is below what its pools may open. */
export type Limited = { of: 'role' | 'database'; name: string; limit: number; most: number; services: Service[] };

/** Sums what each service counts. */
export function maximaOf(services: Service[]): Maxima {
  const most = services.reduce((sum, { slots_most }) => sum + slots_most, 0);
  const ceiling = services[0]?.ceiling ?? null;
  return {
    most,
    ceiling,
    beyond: ceiling === null ? 0 : Math.max(0, most - ceiling),
    unknown: services.filter(({ kind }) => kind === 'seen').sort((a, b) => b.sessions - a.sessions),
    unlimited: services.filter(isUnlimited),
    configured: services.some(({ kind }) => kind === 'application'),
    limited: limitedOf(services),
  };
}

/** Whether nothing is known that bounds the pools of a database of PgBouncer. */
export function isUnlimited({ kind, most }: Service): boolean {
  return kind === 'pgbouncer' && most === null;
}

/** Whether the role or database of a row may have fewer connections than its pools may open. */
export function isLimited({ limit, limit_most }: Service): boolean {
  return limit !== null && limit_most !== null && limit_most > limit;
}

function limitedOf(services: Service[]): Limited[] {
  const found = new Map<string, Limited>();
  for (const service of services) {
    const { limit_of: of, limit_name: name, limit, limit_most: most } = service;
    if (!isLimited(service) || (of !== 'role' && of !== 'database')) continue;
    if (name === null || limit === null || most === null) continue;
    const same = found.get(`${of} ${name}`);
    if (same) same.services.push(service);
    else found.set(`${of} ${name}`, { of, name, limit, most, services: [service] });
  }
  return [...found.values()];
}
