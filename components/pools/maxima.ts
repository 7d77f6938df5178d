import { exact, list, plural } from '@/lib/format';
import type { Service } from './slots';

/** The sum of what all pools may open, against what the server takes. */
export type Maxima = {
  most: number;
  ceiling: number | null;
  /** How many clients are refused if all pools fill. */
  beyond: number;
  /** Connected, and nobody said how large their pools are. */
  unknown: Service[];
  configured: boolean;
  /** Roles and databases that may have fewer connections than their pools may open. */
  limited: Limited[];
};

/** A role or database whose own limit is below what its pools may open. */
export type Limited = { of: string; name: string; limit: number; most: number };

/** Sums what each service counts. */
export function maximaOf(services: Service[]): Maxima {
  const most = services.reduce((sum, { slots_most }) => sum + slots_most, 0);
  const ceiling = services[0]?.ceiling ?? null;
  return {
    most,
    ceiling,
    beyond: ceiling === null ? 0 : Math.max(0, most - ceiling),
    unknown: services.filter(({ kind }) => kind === 'seen').sort((a, b) => b.sessions - a.sessions),
    configured: services.some(({ kind }) => kind === 'application'),
    limited: limitedOf(services),
  };
}

/** Whether the role or database of a row may have fewer connections than its pools may open. */
export function isLimited({ limit, limit_most }: Service): boolean {
  return limit !== null && limit_most !== null && limit_most > limit;
}

function limitedOf(services: Service[]): Limited[] {
  const found = new Map<string, Limited>();
  for (const service of services) {
    const { limit_of: of, limit_name: name, limit, limit_most: most } = service;
    if (of && name && limit !== null && most !== null && isLimited(service))
      found.set(`${of} ${name}`, { of, name, limit, most });
  }
  return [...found.values()];
}

/** `Role pgdeck_read may have 3 connections, and its pools may open 4.` */
export function limitedSentence(limited: Limited[]): string {
  return limited
    .map(
      ({ of, name, limit, most }) =>
        `${of === 'role' ? 'Role' : 'Database'} ${name} may have ${plural(limit, 'connection')}, and its pools may open ${exact(most)}.`,
    )
    .join(' ');
}

/** `140 of 97: if all pools fill, 43 clients are refused.` */
export function maximaSentence({ most, ceiling, beyond, unknown, limited }: Maxima): string {
  const of = ceiling === null ? exact(most) : `${exact(most)} of ${exact(ceiling)}`;
  const whole =
    beyond > 0
      ? `${of}: if all pools fill, ${plural(beyond, 'client is', 'clients are')} refused.`
      : `${of}: what all pools may open at most fits${limited.length > 0 ? ' the server' : ''}.`;
  const first = [whole, limitedSentence(limited)].filter(Boolean).join(' ');
  if (unknown.length === 0) return first;
  const names = list(unknown.map(({ name }) => name));
  return `${first} Nobody said how large the ${unknown.length === 1 ? 'pool' : 'pools'} of ${names} may become: what they have now is counted.`;
}

/** The lines of the configuration for those whose pools nobody has told, with what is seen as a beginning. */
export function linesFor(unknown: Service[]): string {
  const entries = unknown.slice(0, 20).map((service) => {
    const { application_name, usename } = service;
    const match = application_name ? { application_name } : usename ? { usename } : { application_name: service.name };
    const instances = service.instances ?? 1;
    return { name: service.name, match, poolMax: Math.max(1, Math.ceil(service.sessions / instances)), instances };
  });
  // JSON has no line breaks within its strings.
  const lines = entries.map((entry) => `  ${JSON.stringify(entry, null, 1).replaceAll(/\n\s*/g, ' ')}`);
  return `"applications": [\n${lines.join(',\n')}\n]`;
}
