import { exact, list, plural } from '@/lib/format';
import type { Limited, Maxima } from '@/lib/maxima';
import type { Service } from './slots';

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
export function maximaSentence({ most, ceiling, beyond, unknown, unlimited, limited }: Maxima): string {
  const of = ceiling === null ? exact(most) : `${exact(most)} of ${exact(ceiling)}`;
  const known = unknown.length + unlimited.length > 0 ? 'as far as is known, what' : 'what';
  const whole =
    beyond > 0
      ? `${of}: if all pools fill, ${plural(beyond, 'client is', 'clients are')} refused.`
      : `${of}: ${known} all pools may open at most fits${limited.length > 0 ? ' the server' : ''}.`;
  const names = (services: Service[]) => list(services.map(({ name }) => name));
  return [
    whole,
    limitedSentence(limited),
    unknown.length > 0 &&
      `Nobody said how large the ${unknown.length === 1 ? 'pool' : 'pools'} of ${names(unknown)} may become: what they have now is counted.`,
    unlimited.length > 0 &&
      `PgBouncer's pools of ${names(unlimited)} have no limit that is known: what they have now is counted.`,
  ]
    .filter(Boolean)
    .join(' ');
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
