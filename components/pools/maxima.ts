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
};

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
  };
}

/** `140 of 97: if all pools fill, 43 clients are refused.` */
export function maximaSentence({ most, ceiling, beyond, unknown }: Maxima): string {
  const of = ceiling === null ? exact(most) : `${exact(most)} of ${exact(ceiling)}`;
  const first =
    beyond > 0
      ? `${of}: if all pools fill, ${plural(beyond, 'client is', 'clients are')} refused.`
      : `${of}: what all pools may open at most fits.`;
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
