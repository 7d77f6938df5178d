import { withLimits } from './pool-limits';
import type { Raw } from './topic';

/** The pool of an application as the configuration says it. */
type Application = {
  name: string;
  match: { application_name?: string | undefined; usename?: string | undefined; datname?: string | undefined };
  poolMax: number;
  instances?: number | undefined;
};

/** A database of PgBouncer that leads to the watched server, with its pools. */
type BouncerDatabase = {
  name: string;
  /** What the database is called on the server. */
  datname: string;
  /** What all its pools together may open; null: no such limit. */
  limit: number | null;
  /** One for each user; `size` is what it may open, the reserve included (null: not known), `servers` what is open. */
  pools: { usename: string; size: number | null; servers: number }[];
};

/** What is known when the services are told apart. */
export type ServicesGiven = {
  /** Rows of topic `connections`. */
  connections: readonly Raw[];
  applications: readonly Application[];
  /** The most connections that pgdeck itself may open, by the role that it signs in as. */
  own: readonly { usename: string; most: number }[];
  /** Rows of topic `pgbouncer-pools`; none where there is no PgBouncer. */
  bouncer: readonly Raw[];
  cpus: number | undefined;
  spindles: number | undefined;
};

type Group = {
  datname: string | null;
  usename: string | null;
  application_name: string | null;
  client_addr: string | null;
  state: string | null;
  wait_event_type: string | null;
  own: boolean;
  connections: number;
  datconnlimit?: number | null;
  rolconnlimit?: number | null;
};

/**
 * Who takes the server's slots and how many each may take: one row for every configured application, every database of
 * PgBouncer, pgdeck, and whoever else is connected. Each connection counts in exactly one of them.
 */
export function poolServices({ connections, applications, own, bouncer, cpus, spindles }: ServicesGiven): Raw[] {
  const groups = connections as unknown as Group[];
  const databases = databasesOf(bouncer);
  const pooled = behindBouncer(groups, databases);
  const seen = new Map<Application | BouncerDatabase | string, Group[]>();
  const add = (whose: Application | BouncerDatabase | string, group: Group) =>
    seen.set(whose, [...(seen.get(whose) ?? []), group]);
  const ours: Group[] = [];
  const behind: Group[] = [];
  for (const group of groups) {
    const parts = group.own ? [] : pooled(group);
    if (group.own) ours.push(group);
    else if (parts.length > 0) behind.push(group);
    else add(applications.find(({ match }) => fits(match, group)) ?? nameOf(group), group);
    for (const { database, part } of parts) add(database, part);
  }
  const rows = [
    ...applications.map((application) => applicationRow(application, seen.get(application) ?? [], behind, databases)),
    ...databases.map((database) => bouncerRow(database, seen.get(database) ?? [])),
    ...own.map((each, at) => ownRow(each, at, ours, own)),
    ...[...seen].flatMap(([whose, theirs]) => (typeof whose === 'string' ? [seenRow(whose, theirs)] : [])),
  ];
  // What is open already was possible, whatever is said of it.
  const possible = rows.map((each) => ({ ...each, slots_most: Math.max(each.slots_most, each.sessions) }));
  return withLimits(possible, groups).map((each) => ({
    ...each,
    ceiling: connections[0]?.ceiling ?? null,
    cpus: cpus ?? null,
    spindles: spindles ?? null,
  }));
}

/** pgdeck's connections as one role; those whose role is not known are the first one's. */
function ownRow({ usename, most }: ServicesGiven['own'][number], at: number, ours: Group[], own: ServicesGiven['own']) {
  const others = own.filter((other) => other.usename !== usename);
  const theirs = ours.filter((group) =>
    at === 0 ? others.every((other) => other.usename !== group.usename) : group.usename === usename,
  );
  return {
    ...row('pgdeck', at === 0 ? 'pgdeck' : `pgdeck as ${usename}`, theirs),
    usename,
    role: usename,
    database: null,
    pool_max: most,
    instances: 1,
    instances_from: null,
    most,
    slots_most: most,
  };
}

function applicationRow(
  application: Application,
  direct: Group[],
  behind: readonly Group[],
  bouncer: readonly BouncerDatabase[],
) {
  const { name, match, poolMax } = application;
  const { datname, usename } = match;
  const hasPool = bouncer.some(
    (database) =>
      (datname === undefined || datname === database.datname) &&
      database.pools.some((pool) => usename === undefined || pool.usename === usename),
  );
  // A name alone tells nothing of the way, unless PgBouncer's connections have it: it gives them that of who used them last.
  const isPlaced = datname !== undefined || usename !== undefined;
  const through = direct.length === 0 && ((isPlaced && hasPool) || behind.some((group) => fits(match, group)));
  const instances = application.instances ?? (direct.length > 0 ? addresses(direct) : null);
  const most = poolMax * (instances ?? 1);
  return {
    ...row('application', name, direct),
    application_name: match.application_name ?? null,
    usename: usename ?? null,
    datname: datname ?? null,
    role: usename ?? only(direct.map((group) => group.usename)),
    database: datname ?? only(direct.map((group) => group.datname)),
    through_pgbouncer: through,
    pool_max: poolMax,
    instances,
    instances_from: application.instances !== undefined ? 'configuration' : instances === null ? null : 'seen',
    most,
    slots_most: through ? 0 : most,
  };
}

function bouncerRow({ name, datname, limit, pools }: BouncerDatabase, theirs: Group[]) {
  const counted = row('pgbouncer', name, theirs);
  const sizes = pools.map(({ size }) => size);
  const all = sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
  const most = all === null ? limit : Math.min(all, limit ?? all);
  return {
    ...counted,
    datname,
    role: only(pools.map(({ usename }) => usename)),
    database: datname,
    pool_max: only(sizes),
    instances: pools.length,
    instances_from: 'seen',
    most,
    slots_most: most ?? counted.sessions,
  };
}

function seenRow(name: string, theirs: Group[]) {
  const counted = row('seen', name, theirs);
  const usename = only(theirs.map((group) => group.usename));
  const datname = only(theirs.map((group) => group.datname));
  return {
    ...counted,
    usename,
    datname,
    role: usename,
    database: datname,
    application_name: only(theirs.map(({ application_name }) => application_name)),
    instances: addresses(theirs),
    instances_from: 'seen',
    slots_most: counted.sessions,
  };
}

/** A row without what only its kind tells; a session that waits for a lock is counted as waiting, not as active. */
function row(kind: string, name: string, groups: Group[]) {
  const sum = (wanted: (group: Group) => boolean) =>
    groups.filter(wanted).reduce((total, { connections }) => total + connections, 0);
  const waits = ({ wait_event_type }: Group) => wait_event_type === 'Lock';
  const waiting = sum(waits);
  const active = sum((group) => !waits(group) && isActive(group.state));
  const idle = sum(({ state }) => state === 'idle');
  const inTransaction = sum(({ state }) => state?.startsWith('idle in transaction') ?? false);
  const sessions = sum(() => true);
  return {
    kind,
    name,
    application_name: null as string | null,
    usename: null as string | null,
    datname: null as string | null,
    sessions,
    waiting,
    active,
    idle_in_transaction: inTransaction,
    idle,
    other: sessions - waiting - active - inTransaction - idle,
    through_pgbouncer: false,
    pool_max: null as number | null,
    most: null as number | null,
  };
}

const isActive = (state: string | null) => state === 'active' || state === 'fastpath function call';

/** PgBouncer's databases that lead to the watched server, from the rows of its pools. */
function databasesOf(rows: readonly Raw[]): BouncerDatabase[] {
  const databases = new Map<unknown, BouncerDatabase>();
  for (const pool of rows) {
    if (typeof pool.datname !== 'string') continue;
    const database = databases.get(pool.database) ?? {
      name: String(pool.database),
      datname: pool.datname,
      limit: known(pool.max_connections),
      pools: [],
    };
    databases.set(pool.database, database);
    const size = known(pool.pool_size);
    database.pools.push({
      usename: String(pool.user),
      size: size === null ? null : size + (known(pool.reserve_pool_size) ?? 0),
      servers: serverColumns.reduce((sum, column) => sum + (known(pool[column]) ?? 0), 0),
    });
  }
  return [...databases.values()];
}

const serverColumns = [
  'sv_active',
  'sv_active_cancel',
  'sv_being_canceled',
  'sv_idle',
  'sv_used',
  'sv_tested',
  'sv_login',
];

const known = (value: unknown) => (typeof value === 'number' ? value : null);

/**
 * Tells which databases of PgBouncer hold a group of connections, and how many of them each: those of its role and database,
 * unless there are more of these than they may open together, so that some must have come directly. None: it came directly.
 */
function behindBouncer(groups: Group[], bouncer: readonly BouncerDatabase[]) {
  const totals = new Map<string, number>();
  const place = ({ usename, datname }: { usename: string | null; datname: string | null }) => `${usename}\n${datname}`;
  for (const group of groups)
    if (!group.own) totals.set(place(group), (totals.get(place(group)) ?? 0) + group.connections);
  const holders = new Map<string, { database: BouncerDatabase; most: number; left: number }[]>();
  for (const database of bouncer)
    for (const { usename, size, servers } of database.pools) {
      const key = place({ usename, datname: database.datname });
      const holder = { database, most: size ?? servers, left: servers };
      if (servers > 0) holders.set(key, [...(holders.get(key) ?? []), holder]);
    }
  return (group: Group): { database: BouncerDatabase; part: Group }[] => {
    const those = holders.get(place(group)) ?? [];
    const most = those.reduce((sum, holder) => sum + holder.most, 0);
    if (those.length === 0 || (totals.get(place(group)) ?? 0) > most) return [];
    let { connections } = group;
    return those.flatMap((holder, at) => {
      // Both were read at moments of their own: what is above what the pools told of is the last one's.
      const held = at === those.length - 1 ? connections : Math.min(connections, holder.left);
      holder.left -= held;
      connections -= held;
      return held > 0 ? [{ database: holder.database, part: { ...group, connections: held } }] : [];
    });
  };
}

function fits(match: Application['match'], group: Group): boolean {
  return (['application_name', 'usename', 'datname'] as const).every(
    (column) => match[column] === undefined || match[column] === group[column],
  );
}

const nameOf = ({ application_name, usename }: Group) => application_name || usename || 'unnamed';

/** The one value that all of them have; null where they differ. */
function only<Value>(values: Value[]): Value | null {
  return new Set(values).size === 1 ? (values[0] ?? null) : null;
}

/** From how many addresses they come; those on a Unix socket come from one. */
const addresses = (groups: Group[]) => new Set(groups.map(({ client_addr }) => client_addr)).size;
