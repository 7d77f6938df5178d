import { z } from 'zod';
import { plural } from '@/lib/format';
import { adminUser, definePooler, type PoolerNow, poolerTopics, poolerWarnings } from './pooler';
import type { Figure } from './protocol';

/** Makes PgBouncer read its files again: `RELOAD`. */
export const pgbouncerReload = definePooler({
  id: 'pgbouncer-reload',
  title: 'Reload PgBouncer',
  summary: 'Makes PgBouncer read its files again: pgbouncer.ini, the users and the rules of who may connect.',
  group: 'server',
  targetKinds: ['pgbouncer'],
  role: 'admin',
  confirm: 'step',
  rights: adminUser,
  options: z.strictObject({}),
  locks: [],
  touches: [...poolerTopics, 'pgbouncer-config'],
  plan: (given) => ({
    question: 'Let PgBouncer read its files again?',
    effect:
      'What stands in its files comes into effect. Server connections whose address changed are closed when they are free; clients stay.',
    facts: [
      { label: 'File', value: given.now.settings.conffile ?? 'unknown' },
      { label: 'Databases', value: String(given.now.databases.length) },
    ],
    warnings: [
      'pgdeck does not see the files: what is in them now takes effect, whoever wrote it. Settings that are not changeable need a restart of PgBouncer.',
      ...poolerWarnings(given),
    ],
    command: 'RELOAD;',
  }),
  judge: (before, after, { answered }) => {
    const changed = changes(before, after);
    const took = 'PgBouncer took the command.';
    return {
      done: answered,
      ...(changed.length === 0 && { verified: null }),
      message: !answered
        ? 'PgBouncer did not answer.'
        : changed.length > 0
          ? `${took} ${plural(changed.length, 'change')} can be seen.`
          : `${took} No setting and no database is other than before: the files say the same, or could not be read (its log tells).`,
      figures: changed.slice(0, 20),
    };
  },
  not: 'Not reloaded.',
});

/** The settings and databases that are other than before. */
function changes(before: PoolerNow, after: PoolerNow): Figure[] {
  const settings = Object.keys({ ...before.settings, ...after.settings }).flatMap((key) => {
    const [was, is] = [before.settings[key] ?? null, after.settings[key] ?? null];
    return was === is ? [] : [{ label: key, before: was, after: is }];
  });
  const told = ({ databases }: PoolerNow) => new Map(databases.map((row) => [row.name, row]));
  const [was, is] = [told(before), told(after)];
  const databases = [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
    const [old, now] = [was.get(name), is.get(name)];
    if (!old || !now) return [{ label: name, before: old ? 'there' : null, after: now ? 'there' : null }];
    const columns = [
      'host',
      'port',
      'database',
      'force_user',
      'pool_size',
      'reserve_pool_size',
      'pool_mode',
      'max_connections',
    ] as const;
    return columns.flatMap((column) =>
      old[column] === now[column]
        ? []
        : [{ label: `${name}: ${column}`, before: words(old[column]), after: words(now[column]) }],
    );
  });
  return [...databases, ...settings];
}

const words = (value: string | number | null) => (value === null ? null : String(value));
