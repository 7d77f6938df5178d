import { z } from 'zod';
import { list, plural } from '@/lib/format';
import { adminUser, type Came, definePooler, type PoolerNow, poolerTopics, poolerWarnings } from './pooler';
import type { Figure } from './protocol';

/** From this version (1.x) on RELOAD is refused where a file has an error; before that PgBouncer answers as ever. */
const tellsFrom = 25;

/** Makes PgBouncer read its files again: `RELOAD`. */
export const pgbouncerReload = definePooler({
  id: 'pgbouncer-reload',
  title: "Reload PgBouncer's settings",
  summary: 'Makes PgBouncer read its files again: pgbouncer.ini, the users and the rules of who may connect.',
  group: 'server',
  targetKinds: ['pgbouncer'],
  role: 'admin',
  confirm: 'step',
  rights: adminUser,
  options: z.strictObject({}),
  locks: [],
  touches: [...poolerTopics, 'pgbouncer-config'],
  readsFiles: true,
  plan: (given) => ({
    question: "Reload PgBouncer's settings?",
    effect:
      'What stands in its files comes into effect. Server connections whose address changed are closed when they are free; clients stay.',
    facts: [
      { label: 'File', value: given.now.settings.conffile ?? 'unknown' },
      { label: 'Databases', value: String(given.now.databases.length) },
    ],
    warnings: [
      'pgdeck does not see the files: what is in them now takes effect, whoever wrote it. Settings that are not changeable need a restart of PgBouncer.',
      ...(given.now.minor < tellsFrom
        ? [
            `PgBouncer ${given.now.version} answers as ever where a line is wrong, and what stands behind that line falls back to its default, admin_users with it.`,
          ]
        : []),
      ...poolerWarnings(given),
    ],
    command: 'RELOAD;',
  }),
  judge: (before, after, { answered, refused, notLetIn }) => {
    // What an earlier pgdeck saw of the settings is not kept.
    if (!answered && !refused)
      return { done: false, message: 'Nothing shows whether it read its files again, or what that changed.' };
    const settings = changedSettings(before, after);
    const databases = changedDatabases(before, after);
    const changed = [...databases, ...settings];
    const told =
      changed.length === 0 ? 'no setting and no database is other than before' : counted(settings, databases);
    const isChecked = after.minor >= tellsFrom;
    return {
      done: answered,
      ...(answered && !isChecked && { verified: null }),
      message: refused
        ? `${told.charAt(0).toUpperCase()}${told.slice(1)}${changed.length > 0 ? ' all the same' : ''}.`
        : isChecked
          ? `PgBouncer read its files again without an error: ${told}.`
          : `PgBouncer took the command; whether its file was good it does not say: ${told}.`,
      figures: changed.slice(0, 50),
      warnings: [
        ...(answered && isChecked ? [] : whereFrom(before, after, settings, refused)),
        ...rights(before, after, notLetIn),
      ],
    };
  },
  not: 'Not reloaded.',
});

/** `2 settings and 1 database changed` */
function counted(settings: Figure[], databases: Figure[]): string {
  const names = new Set(databases.map(({ label }) => label.split(': ')[0]));
  return `${list([
    ...(settings.length > 0 ? [plural(settings.length, 'setting')] : []),
    ...(names.size > 0 ? [plural(names.size, 'database')] : []),
  ])} changed`;
}

/** What may come of a file that has an error: each setting that PgBouncer did not come to has its default. */
function fallen(before: PoolerNow, { defaults }: PoolerNow, settings: Figure[]): string[] {
  const fell = settings.filter(({ label, after }) => label in defaults && after === defaults[label]);
  if (fell.length < 2) return [];
  return [
    `${list(
      fell.map(({ label }) => label),
      12,
    )} are at their defaults now. If nobody meant that, a line before them is wrong: ${logOf(before, settings)} tells which; mend it and reload again.`,
  ];
}

/** What tells the reader of an error in the file. */
function whereFrom(before: PoolerNow, after: PoolerNow, settings: Figure[], refused: boolean | undefined): string[] {
  const told = fallen(before, after, settings);
  if (told.length > 0 || !refused || !logMoved(settings)) return told;
  return [`The error stands in ${logOf(before, settings)} or where it goes now.`];
}

const logMoved = (changed: Figure[]) => changed.some(({ label }) => label === 'logfile' || label === 'syslog');

/** Where PgBouncer wrote of the error: by the settings of before, where it has others now. */
function logOf({ settings: { logfile, syslog } }: PoolerNow, changed: Figure[]): string {
  if (!logMoved(changed)) return "PgBouncer's log";
  const was = logfile || (syslog === '1' ? 'syslog' : 'its standard error');
  return `PgBouncer's log, until now ${was},`;
}

/** What pgdeck itself may not do any more. */
function rights(before: PoolerNow, after: PoolerNow, notLetIn: Came['notLetIn']): string[] {
  const mend = 'Mend the file where it lies, and let PgBouncer read it by SIGHUP: pgdeck cannot do that now.';
  if (notLetIn?.refused) return [`pgdeck cannot sign in to the console any more: ${notLetIn.because} ${mend}`];
  return [
    ...(notLetIn ? [`Whether pgdeck may still sign in could not be seen: ${notLetIn.because}`] : []),
    ...(before.admin === true && after.admin === false
      ? [`User ${after.user} is none of PgBouncer's admin_users any more: pgdeck may look and not act. ${mend}`]
      : []),
  ];
}

function changedSettings(before: PoolerNow, after: PoolerNow): Figure[] {
  return Object.keys({ ...before.settings, ...after.settings }).flatMap((key) => {
    const [was, is] = [before.settings[key] ?? null, after.settings[key] ?? null];
    return was === is ? [] : [{ label: key, before: was, after: is }];
  });
}

function changedDatabases(before: PoolerNow, after: PoolerNow): Figure[] {
  const told = ({ databases }: PoolerNow) => new Map(databases.map((row) => [row.name, row]));
  const [was, is] = [told(before), told(after)];
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((name) => {
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
}

const words = (value: string | number | null) => (value === null ? null : String(value));
