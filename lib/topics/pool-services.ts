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
  pools: { usename: string; size: number | null; servers: number; clients: number }[];
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
  for (const group of likelyBouncerFirst(groups)) {
    if (group.own) {
      ours.push(group);
      continue;
    }
    const { parts, direct } = pooled(group);
    if (direct > 0)
      add(applications.find(({ match }) => fits(match, group)) ?? nameOf(group), { ...group, connections: direct });
    for (const { database, part } of parts) {
      behind.push(part);
      add(database, part);
    }
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
  // A name alone tells nothing of the way, unless PgBouncer's connections have it: it gives them that of who used them last.
  const isPlaced = datname !== undefined || usename !== undefined;
  const pools = bouncer.flatMap((database) =>
    isPlaced && (datname === undefined || datname === database.datname)
      ? database.pools.filter((pool) => usename === undefined || pool.usename === usename)
      : [],
  );
  const theirs = behind.filter((group) => fits(match, group));
  // Of a pool's clients nobody knows here which have the name.
  const clients = match.application_name === undefined ? sumOf(pools, (pool) => pool.clients) : 0;
  const comes = Math.max(clients, sumOf(theirs, connectionsOf));
  const through = (pools.length > 0 || theirs.length > 0) && comes >= sumOf(direct, connectionsOf);
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
      servers: sumOf(serverColumns, (column) => known(pool[column]) ?? 0),
      clients: sumOf(['cl_active', 'cl_waiting'], (column) => known(pool[column]) ?? 0),
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

const connectionsOf = ({ connections }: Group) => connections;

function sumOf<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0);
}

/**
 * Tells which databases of PgBouncer hold a group of connections, how many of them each, and how many came directly: those of
 * its role and database are PgBouncer's, unless there are more than it may open together; then as many as it has are.
 */
function behindBouncer(groups: Group[], bouncer: readonly BouncerDatabase[]) {
  const place = ({ usename, datname }: { usename: string | null; datname: string | null }) => `${usename}\n${datname}`;
  const totals = new Map<string, number>();
  for (const group of groups)
    if (!group.own) totals.set(place(group), (totals.get(place(group)) ?? 0) + group.connections);
  const holders = new Map<string, { database: BouncerDatabase; most: number; left: number }[]>();
  for (const database of bouncer)
    for (const { usename, size, servers } of database.pools) {
      const key = place({ usename, datname: database.datname });
      const holder = { database, most: size ?? servers, left: servers };
      if (servers > 0) holders.set(key, [...(holders.get(key) ?? []), holder]);
    }
  return (group: Group): { parts: { database: BouncerDatabase; part: Group }[]; direct: number } => {
    const those = holders.get(place(group)) ?? [];
    const isAll = (totals.get(place(group)) ?? 0) <= sumOf(those, ({ most }) => most);
    let direct = group.connections;
    const parts = those.flatMap((holder, at) => {
      // Both were read at moments of their own: what is above what the pools told of is the last one's.
      const held = isAll && at === those.length - 1 ? direct : Math.min(direct, holder.left);
      holder.left -= held;
      direct -= held;
      return held > 0 ? [{ database: holder.database, part: { ...group, connections: held } }] : [];
    });
    return { parts, direct };
  };
}

/** PgBouncer's connections come from one address: where some of a role came directly, the fewest from elsewhere are those. */
function likelyBouncerFirst(groups: Group[]): Group[] {
  const counts = new Map<string, number>();
  const places = ({ usename, datname, client_addr, application_name }: Group) => {
    const from = `${usename}\n${datname}\n${client_addr}`;
    return [from, `${from}\n${application_name}`];
  };
  for (const group of groups)
    for (const place of places(group)) counts.set(place, (counts.get(place) ?? 0) + group.connections);
  const sizes = new Map(groups.map((group) => [group, places(group).map((place) => counts.get(place) ?? 0)]));
  const sizeOf = (group: Group, at: number) => sizes.get(group)?.[at] ?? 0;
  return groups.toSorted((a, b) => sizeOf(b, 0) - sizeOf(a, 0) || sizeOf(b, 1) - sizeOf(a, 1));
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
