import { figure } from '@/lib/format';
import { quoted } from '@/lib/identifier';

/** A ratio: `2.4 times`, `31 times`. */
export function times(ratio: number): string {
  return `${figure(ratio)} times`;
}

/** Who a session is: application, role and database, as far as they are known. */
export function who(session: {
  application_name: string | null;
  usename: string | null;
  datname: string | null;
}): string {
  const role = [session.usename, session.datname && `in ${session.datname}`].filter(Boolean).join(' ');
  return session.application_name ? `${session.application_name}${role ? ` (${role})` : ''}` : role || 'A session';
}

/** `schema.name`, quoted as PostgreSQL would write it. */
export function qualified(schema: string, name: string): string {
  return `${quoted(schema)}.${quoted(name)}`;
}
