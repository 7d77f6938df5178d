import type { z } from 'zod';
import { durationInWords, plural } from '@/lib/format';
import type { TopicId, Row as TopicRow } from '@/lib/topics/index';
import type { Common, Judgement, Refusal, Row } from './action';
import type { Confirm, Fact, Undo } from './protocol';
import type { PoolerTarget } from './target';

/** What PgBouncer's console shows of what an action is about: one database, or all. */
export type PoolerNow = {
  /** Such as `1.18.0`. */
  version: string;
  /** 18 for it. */
  minor: number;
  /** As whom pgdeck is signed in to the console, and whether that is an admin; null: not known. */
  user: string;
  admin: boolean | null;
  databases: TopicRow<'pgbouncer-databases'>[];
  pools: TopicRow<'pgbouncer-pools'>[];
  clients: TopicRow<'pgbouncer-clients'>[];
  servers: TopicRow<'pgbouncer-servers'>[];
  /** Whether PgBouncer as a whole is paused (PAUSE without a database); null: this version does not show it. */
  allPaused: boolean | null;
  /** Its settings, and what each is where nobody sets it; without passwords. */
  settings: Record<string, string | null>;
  defaults: Record<string, string | null>;
};

/** What an action on PgBouncer is given. */
export type PoolerGiven<O = Row> = {
  target: PoolerTarget;
  now: PoolerNow;
  options: O;
  /** Whether pgdeck's own connections to the server go through what this is about. */
  ownWay: boolean;
};

/** What an action on PgBouncer would do. */
export type PoolerPlan = {
  /** `Pause shop?` */
  question: string;
  effect: string;
  facts: Fact[];
  warnings: string[];
  confirm?: Confirm;
  /** The command exactly as it is sent. */
  command: string;
  undo?: Undo;
};

/** What is known of how a command went, beside what the console shows after it. */
export type Came = {
  /** The console answered it without an error. */
  answered: boolean;
  /** It refused an action that reads files. */
  refused?: boolean;
  /** Why pgdeck was not let in after an action that reads files, and whether it was PgBouncer that refused it. */
  notLetIn?: { because: string; refused: boolean };
};

/** A command to PgBouncer's console: previewed, sent once over a connection of its own, and judged by what SHOW tells. */
export type PoolerAction<O = Row> = Common & {
  kind: 'pooler';
  targetKinds: PoolerTarget['kind'][];
  /** For how many seconds the command may wait for clients; then it is taken back. Missing: it is answered at once. */
  waits?: (given: PoolerGiven<O>) => number;
  /** The command that takes back one that waits. */
  takeBack?: (target: PoolerTarget) => string;
  refuse?(given: PoolerGiven<O>): Refusal | undefined;
  plan(given: PoolerGiven<O>): PoolerPlan;
  /** It reads files: refused it may be done in part, and it may take away that pgdeck can sign in. Both are looked at. */
  readsFiles?: true;
  /** What the console shows after it; `verified` null: what it shows proves nothing. */
  judge(before: PoolerNow, after: PoolerNow, given: PoolerGiven<O> & Came): Judgement & { verified?: null };
  /** `Not paused.` */
  not: string;
};

/** Makes an action on PgBouncer, with its options typed by their schema. */
export function definePooler<O extends z.ZodObject>(
  action: Omit<PoolerAction<z.output<O>>, 'kind' | 'options'> & { options: O },
): PoolerAction {
  return { ...action, kind: 'pooler' } as unknown as PoolerAction;
}

/** The right that each of them takes. */
export const adminUser = 'In PgBouncer: a user of its admin_users.';
/** The topics that show what each of them changes. */
export const poolerTopics: TopicId[] = [
  'pgbouncer-pools',
  'pgbouncer-clients',
  'pgbouncer-servers',
  'pgbouncer-databases',
  'application-pools',
];

/** The longest name that the console takes, quotes included. */
const longestName = 63;

/** A name as the console reads it: bare where it is plain, else in double quotes. */
export function consoleName(name: string): string {
  return /^[0-9a-z_]+$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A command for one database, or for all where the target is PgBouncer as a whole. */
export function commandOn(verb: string, target: PoolerTarget): string {
  return target.kind === 'pgbouncer' ? `${verb};` : `${verb} ${consoleName(target.name)};`;
}

/** What it is about, in words. */
export function poolerName(target: PoolerTarget): string {
  return target.kind === 'pgbouncer' ? 'all databases of PgBouncer' : target.name;
}

/** What is refused of every database: a name that the console cannot read, or one that it does not offer. */
export function refuseName({ target }: Pick<PoolerGiven, 'target'>): Refusal | undefined {
  if (target.kind === 'pgbouncer') return undefined;
  if (new TextEncoder().encode(consoleName(target.name)).length > longestName)
    return {
      code: 'name_too_long',
      message: `PgBouncer's console reads names of at most ${longestName} bytes with their quotes, and this one is longer.`,
    };
  return target.name === 'pgbouncer'
    ? { code: 'console', message: 'This is the console of PgBouncer, not a database.' }
    : undefined;
}

/** Clients and server connections of each pool, as facts of a preview. */
export function poolFacts({ now }: Pick<PoolerGiven, 'now'>): Fact[] {
  const shown = now.pools.slice(0, 10).map(({ database, user, cl_active, cl_waiting, maxwait_seconds, ...pool }) => ({
    label: `Pool ${database} of ${user}`,
    value: [
      `${plural(cl_active, 'client')} served or idle`,
      `${cl_waiting} waiting${cl_waiting > 0 ? ` (the first for ${durationInWords(maxwait_seconds)})` : ''}`,
      pool.pool_size === null
        ? `${plural(pool.sv_active, 'server connection')} at work, no limit of them known`
        : `${pool.sv_active} of ${plural(pool.pool_size, 'server connection')} at work`,
    ].join(', '),
  }));
  const more = now.pools.length - shown.length;
  return [
    ...(now.pools.length === 0 ? [{ label: 'Pools', value: 'none yet: no client has come' }] : shown),
    ...(more > 0 ? [{ label: 'More pools', value: String(more) }] : []),
  ];
}

/** How many clients it is about. */
export function clientsOf({ now }: Pick<PoolerGiven, 'now'>): number {
  return now.clients.length;
}

/** What any command to PgBouncer is warned of. */
export function poolerWarnings({ now }: Pick<PoolerGiven, 'now'>): string[] {
  return [
    ...(now.admin === false
      ? [
          `User ${now.user} is none of PgBouncer's admin_users, and PgBouncer will refuse it: name it there, admin_users = ${now.user}.`,
        ]
      : []),
    ...(now.settings.so_reuseport === '1'
      ? ['so_reuseport is on: several PgBouncers may listen at this address, and this reaches only one of them.']
      : []),
  ];
}

/** What clients feel that wait for RESUME. */
export function waitWarnings({ now, target, ownWay }: PoolerGiven): string[] {
  const most = Number(now.settings.query_wait_timeout ?? 0);
  return [
    most > 0
      ? `A client that waits for longer than ${durationInWords(most)} (query_wait_timeout) loses its connection.`
      : 'Clients wait until RESUME, however long that takes (query_wait_timeout is 0).',
    ...(ownWay
      ? [
          `pgdeck's own connections to this server go through ${poolerName(target)}: it sees nothing of the server until RESUME. The console still answers.`,
        ]
      : []),
  ];
}

/** What the console shows of a pause: the databases that it is about; null: it cannot be told. */
export function isPaused(now: PoolerNow, target: PoolerTarget): boolean | null {
  return target.kind === 'pgbouncer' ? now.allPaused : (now.databases[0]?.paused ?? null);
}

/** What identifies a connection while it lives, for one that came later can have the same address in memory. */
export function connectionKey({ ptr, connect_time }: { ptr: string; connect_time: string | null }): string {
  return `${ptr} ${connect_time}`;
}
