import { countKinds, isHidden, type Session, type SessionKind } from '@/components/sessions/session-kind';
import { count, exact, list, ofTotal, percent } from '@/lib/format';
import type { Row } from '@/lib/topics/index';

type Connection = Row<'connections'>;
/** A row of topic `application-pools`: who takes slots, and how many at most. */
export type Service = Row<'application-pools'>;
type BouncerPool = Row<'pgbouncer-pools'>;
type BouncerServer = Row<'pgbouncer-servers'>;
type BouncerClient = Row<'pgbouncer-clients'>;

/** How many backends do what. */
export type Counts = Record<SessionKind, number>;

/** Somebody who holds slots: an application that comes directly, a pool of PgBouncer with those behind it, or pgdeck. */
export type SlotRow = {
  key: string;
  kind: 'direct' | 'pool' | 'pgdeck' | 'rest';
  /** Whether it comes directly or over PgBouncer is not known. */
  unknown?: true;
  /** Who: the application; of a pool those behind it, as far as they are known, or its user. */
  name: string;
  /** Of a pool: its database and user, and the clients in it. */
  pool?: { name: string; clients?: { active: number; waiting: number; longestSeconds: number } };
  counts: Counts;
  total: number;
};

/** What is known of PgBouncer; without `servers` its backends are told by role and database. */
export type Bouncer = {
  pools: BouncerPool[];
  servers?: BouncerServer[] | undefined;
  clients?: BouncerClient[] | undefined;
  /** It does not answer now: how its clients are is not known. */
  away?: boolean | undefined;
  /** It answered after the server was lost: what the backends of before were is not known. */
  later?: boolean | undefined;
  /** Seconds from what it told of its connections to the sessions: what began since may be one of them. */
  agoSeconds?: number | undefined;
};

/** Who holds the server's slots. */
export type Slots = {
  rows: SlotRow[];
  counts: Counts;
  used: number;
  /** Slots that applications can have, and all there are; null: not known. */
  ceiling: number | null;
  all: number | null;
};

const none: Counts = { waiting: 0, active: 0, 'idle-in-transaction': 0, idle: 0, other: 0 };
/** Rows of those who come directly; all others are one row. */
const most = 12;
/** PgBouncer tells the process of a connection once it has signed in: a little later than that began. */
const signInSeconds = 1;

/** Joins sessions with what PgBouncer knows of its server connections: every slot that is taken is in exactly one row. */
export function slotsOf(
  sessions: Session[],
  connections: Connection[],
  services: Service[] = [],
  bouncer?: Bouncer,
): Slots {
  const backends = sessions.filter((session) => session.backend_type === 'client backend' || isHidden(session));
  const poolOf = bouncer && !bouncer.later ? joined(bouncer) : () => undefined;
  const pooled = new Map<BouncerPool, Session[]>();
  const others: Session[] = [];
  for (const session of backends) {
    const pool = poolOf(session);
    if (pool) pooled.set(pool, [...(pooled.get(pool) ?? []), session]);
    else others.push(session);
  }
  const isUnknown = bouncer?.later ? () => true : mayBePooled([...pooled.values()].flat(), bouncer);
  const [unknown, direct]: [Session[], Session[]] = [[], []];
  for (const session of others) (isUnknown(session) ? unknown : direct).push(session);
  const own = ownRow(connections);
  const rows = [
    ...(bouncer?.pools ?? []).flatMap((pool) => poolRow(pool, pooled.get(pool) ?? [], bouncer)),
    ...folded(directRows(direct, services)),
    ...folded(directRows(unknown, services)).map(
      (row): SlotRow => ({ ...row, key: `unknown:${row.key}`, unknown: true }),
    ),
    ...(own.total > 0 ? [own] : []),
  ];
  return summed(rows, connections[0]?.ceiling ?? null, connections[0]?.max_connections ?? null);
}

/**
 * The same where no PgBouncer is: from the rows that also tell what the pools may open, so that both show one sample.
 * `connections` only tells how many slots there are.
 */
export function slotsOfServices(services: Service[], connections: Connection[]): Slots {
  const row = (key: string, kind: SlotRow['kind'], name: string, theirs: Service[]): SlotRow => ({
    key,
    kind,
    name,
    counts: theirs.map(countsOf).reduce(add, none),
    total: theirs.reduce((sum, { sessions }) => sum + sessions, 0),
  });
  const own = row(
    'pgdeck',
    'pgdeck',
    'pgdeck itself',
    services.filter(({ kind }) => kind === 'pgdeck'),
  );
  const direct = new Map<string, Service[]>();
  for (const service of services)
    if (service.kind !== 'pgdeck' && service.sessions > 0)
      direct.set(service.name, [...(direct.get(service.name) ?? []), service]);
  const rows = [
    ...folded([...direct].map(([name, theirs]) => row(`direct:${name}`, 'direct', name, theirs))),
    ...(own.total > 0 ? [own] : []),
  ];
  return summed(rows, services[0]?.ceiling ?? null, connections[0]?.max_connections ?? null);
}

const countsOf = ({ waiting, active, idle_in_transaction, idle, other }: Service): Counts => ({
  waiting,
  active,
  'idle-in-transaction': idle_in_transaction,
  idle,
  other,
});

function summed(rows: SlotRow[], ceiling: number | null, all: number | null): Slots {
  return {
    rows,
    counts: rows.reduce((sum, row) => add(sum, row.counts), none),
    used: rows.reduce((sum, row) => sum + row.total, 0),
    ceiling,
    all,
  };
}

/** Which pool of PgBouncer a backend is a server connection of. */
function joined({ pools, servers }: Bouncer): (session: Session) => BouncerPool | undefined {
  const home = pools.filter((pool) => pool.datname !== null);
  const place = (database: unknown, user: unknown) => `${database}\n${user}`;
  if (!servers) {
    const byRole = new Map(home.filter(hasServers).map((pool) => [place(pool.datname, pool.user), pool]));
    return (session) => byRole.get(place(session.datname, session.usename));
  }
  const byName = new Map(home.map((pool) => [place(pool.database, pool.user), pool]));
  const byPid = new Map(servers.map((server) => [server.remote_pid, server]));
  return (session) => {
    const server = byPid.get(session.pid);
    // A process of another server may have the same number.
    if (!server || server.datname === null || (session.datname !== null && server.datname !== session.datname))
      return undefined;
    return byName.get(place(server.database, server.user));
  };
}

/**
 * Which of the others may be PgBouncer's all the same: those that began after it told of its connections, unless the ones
 * that it has in their database come from other addresses.
 */
function mayBePooled(pooled: Session[], bouncer: Bouncer | undefined): (session: Session) => boolean {
  const { agoSeconds } = bouncer ?? {};
  if (agoSeconds === undefined) return () => false;
  const addresses = new Map<string | null, Set<string | null>>();
  for (const { datname, client_addr } of pooled)
    addresses.set(datname, (addresses.get(datname) ?? new Set()).add(client_addr));
  return ({ datname, client_addr, backend_seconds }) =>
    // Of a session that may not be seen nobody knows when it began.
    (backend_seconds === null ? bouncer?.away === true : backend_seconds < agoSeconds + signInSeconds) &&
    (addresses.get(datname)?.has(client_addr) ?? true);
}

const hasServers = (pool: BouncerPool) => serversOf(pool) > 0;

/** The server connections of a pool, whatever they do. */
export function serversOf(pool: BouncerPool): number {
  const { sv_active, sv_active_cancel, sv_being_canceled, sv_idle, sv_used, sv_tested, sv_login } = pool;
  return sv_active + (sv_active_cancel ?? 0) + (sv_being_canceled ?? 0) + sv_idle + sv_used + sv_tested + sv_login;
}

/** The clients of a pool; where its user is one that PgBouncer was told to sign in as, they have names of their own. */
function clientsOf({ database, user }: BouncerPool, bouncer: Bouncer | undefined): BouncerClient[] {
  const inDatabase = bouncer?.clients?.filter((client) => client.database === database) ?? [];
  const only = bouncer?.pools.filter((pool) => pool.database === database).length === 1;
  return only ? inDatabase : inDatabase.filter((client) => client.user === user);
}

function poolRow(pool: BouncerPool, theirs: Session[], bouncer: Bouncer | undefined): SlotRow[] {
  const { database, user, cl_active: active, cl_waiting: waiting, maxwait_seconds: longestSeconds } = pool;
  // It leads to another server, or nobody uses it.
  if (pool.datname === null || (theirs.length === 0 && active + waiting === 0)) return [];
  const name = `${database}/${user}`;
  return [
    {
      key: `pool:${name}`,
      kind: 'pool',
      name: list(byMany(clientsOf(pool, bouncer).map((client) => client.application_name || client.user))) || user,
      pool: {
        name,
        ...(!bouncer?.away && { clients: { active, waiting, longestSeconds: waiting > 0 ? longestSeconds : 0 } }),
      },
      ...counted(theirs),
    },
  ];
}

/** Each name once, the most frequent first. */
function byMany(names: string[]): string[] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

/** The name in the configuration that fits; else the one that the session gives, or its role. */
function directName(session: Session, services: Service[]): string {
  const fits = (service: Service) =>
    service.kind === 'application' &&
    (['application_name', 'usename', 'datname'] as const).every(
      (column) => service[column] === null || service[column] === session[column],
    );
  return services.find(fits)?.name ?? (session.application_name || session.usename || 'unnamed');
}

/** A row for each name. */
function directRows(sessions: Session[], services: Service[]): SlotRow[] {
  const byName = new Map<string, Session[]>();
  for (const session of sessions) {
    const name = directName(session, services);
    byName.set(name, [...(byName.get(name) ?? []), session]);
  }
  return [...byName].map(([name, theirs]) => ({ key: `direct:${name}`, kind: 'direct', name, ...counted(theirs) }));
}

function counted(sessions: Session[]): Pick<SlotRow, 'counts' | 'total'> {
  return { counts: countKinds(sessions), total: sessions.length };
}

function ownRow(connections: Connection[]): SlotRow {
  const own = connections.filter((row) => row.own);
  const counts = { ...none };
  for (const row of own) {
    const kind = row.state === 'idle' ? 'idle' : row.state === 'active' ? 'active' : 'other';
    counts[kind] += row.connections;
  }
  return {
    key: 'pgdeck',
    kind: 'pgdeck',
    name: 'pgdeck itself',
    counts,
    total: own.reduce((sum, row) => sum + row.connections, 0),
  };
}

function folded(rows: SlotRow[]): SlotRow[] {
  const sorted = rows.sort((a, b) => b.total - a.total || (a.name < b.name ? -1 : 1));
  if (sorted.length <= most + 1) return sorted;
  const others = sorted.slice(most);
  return [
    ...sorted.slice(0, most),
    {
      key: 'rest',
      kind: 'rest',
      name: `${count(others.length)} others`,
      counts: others.reduce((sum, row) => add(sum, row.counts), none),
      total: others.reduce((sum, row) => sum + row.total, 0),
    },
  ];
}

const add = (a: Counts, b: Counts): Counts => ({
  waiting: a.waiting + b.waiting,
  active: a.active + b.active,
  'idle-in-transaction': a['idle-in-transaction'] + b['idle-in-transaction'],
  idle: a.idle + b.idle,
  other: a.other + b.other,
});

/**
 * Who holds the slots in a sentence: `31 of 97 (32 %) are taken: 12 active, 1 idle in transaction, 16 idle; 66 are free.`
 * `part`: only some databases are seen, of which nothing is free.
 */
export function slotsSentence({ counts, used, ceiling }: Slots, part: boolean, warnFrom: number): string {
  const kinds: [keyof Counts, string][] = [
    ['waiting', 'waiting for a lock'],
    ['active', 'active'],
    ['idle-in-transaction', 'idle in transaction'],
    ['idle', 'idle'],
    ['other', 'other'],
  ];
  const parts = kinds.filter(([kind]) => counts[kind] > 0).map(([kind, word]) => `${count(counts[kind])} ${word}`);
  const what = parts.length > 0 ? `: ${parts.join(', ')}` : '';
  if (part || ceiling === null) {
    const all = ceiling === null ? '' : ` The server takes ${exact(ceiling)} from applications.`;
    return `${count(used)} are taken in the databases that you may see${what}.${all}`;
  }
  const free = Math.max(0, ceiling - used);
  return `${ofTotal(used, ceiling)} are taken${what}; ${count(free)} free. Warning from ${percent(warnFrom)} (${exact(Math.ceil(warnFrom * ceiling))}).`;
}
