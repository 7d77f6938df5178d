import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { type AccessConfig, hostsOf, type Role, readAccess, readMoreHosts } from '@/lib/config-access';
import {
  ConfigError,
  ConfigErrors,
  type Environment,
  readAll,
  readBind,
  readEach,
  readHost,
  setting,
} from '@/lib/config-early.mjs';
import { type ConfigFile, readFile } from '@/lib/config-file';
import { readNumber } from '@/lib/config-numbers';
import { type PoolSettings, readPool, readSlowStatement, readTtls, type Ttls } from '@/lib/config-resources';
import { limitName, limitSettings, logLevels, settings } from '@/lib/config-settings';
import { accessWarnings, hostWarnings } from '@/lib/config-warnings';
import { consoleFromUrl, type Target, type Tls, targetFromUrl, targetFromVariables } from '@/lib/postgres/target';

export type { AccessConfig, Role, Target, Tls };
export { ConfigError, settings };

/** What some people may do on a server, at most as much as their role: `who` names groups, `user:NAME` or `*`. */
export type AccessRule = { who: string[]; role: Role; databases?: string[] | undefined };

/** One server to watch: `read` for questions, `action` for what people do with buttons (the same where no other is given). */
export type ServerConfig = {
  id: string;
  name: string;
  environment: string | undefined;
  tags: string[];
  demo: boolean;
  read: Target;
  action: Target;
  /** Who sees and acts on this server; undefined: everybody, as far as their role goes. */
  access?: AccessRule[] | undefined;
  /** Processors of the server's machine, the line in charts of load; undefined where nobody said. */
  cpus?: number | undefined;
  /** Disks that seek on their own, for the size of pools; undefined where nobody said. */
  spindles?: number | undefined;
  /** The admin console of the PgBouncer in front of this server. */
  pgbouncer?: Target | undefined;
  /** What the applications' own pools may open. */
  applications?: ApplicationPool[] | undefined;
};

/** The pool of one application: at most `poolMax` connections in each instance, told apart by what its sessions say. */
export type ApplicationPool = {
  name: string;
  match: { application_name?: string | undefined; usename?: string | undefined; datname?: string | undefined };
  poolMax: number;
  /** Undefined: as many as are seen. */
  instances?: number | undefined;
};

/** Where and how long pgdeck remembers. */
export type HistoryConfig = {
  /** `off`: only the last hour, in memory. `embedded`: a PostgreSQL of pgdeck's own in the state folder. */
  kind: 'off' | 'embedded' | 'external';
  /** The database of an external store. */
  url: Target | undefined;
  rawDays: number;
  minuteDays: number;
  hourDays: number;
  maxBytes: number;
  /** True: literals of statements are kept as they are. */
  literals: boolean;
};

/** From when on a check speaks up; seconds, shares of one, counts or multiples as `settings` says. */
export type Limits = Record<keyof typeof limitSettings, number>;

/** What pgdeck was told, checked; made once at the start. */
export type Config = {
  host: string;
  port: number;
  stateDir: string;
  logLevel: string;
  /** Long actions at once for each server. */
  maintenanceMax: number;
  /** `typed`: what has to be typed also has to be approved by another admin. */
  approval: 'off' | 'typed';
  /** False: no scheduled action is run. */
  schedules: boolean;
  /** Whether lines of the audit are copied to the history store. */
  auditCopy: boolean;
  servers: ServerConfig[];
  history: HistoryConfig;
  /** Share of a server's statement time that pgdeck may take before it asks less often, in percent. */
  budgetPercent: number;
  limits: Limits;
  /** What a browser's Host header may say, with the port. */
  allowedHosts: string[];
  access: AccessConfig;
  /** pgdeck's own connections for questions to each server. */
  pool: PoolSettings;
  /** How long answers that are not sampled are kept, and how many bytes of them. */
  cache: { seconds: Ttls; maxBytes: number };
  /** From which time on a statement of pgdeck's own is logged, milliseconds. */
  slowStatement: { warnMs: number; errorMs: number };
  /** Things that are worth a line in the terminal. */
  warnings: string[];
};

/** How to reach the demo, and the pools of its services, from the launcher that started it. */
export type DemoAddresses = { read: Target; action: Target; applications?: ApplicationPool[] };

/** The state folder of this environment. */
export function stateFolder(env: Environment): string {
  const given = setting(env, 'PGDECK_STATE_DIR');
  if (given !== undefined) return resolve(given);
  if (process.getuid?.() === 0) return '/var/lib/pgdeck';
  return join(setting(env, 'XDG_STATE_HOME') ?? join(homedir(), '.local', 'state'), 'pgdeck');
}

/** Reads every setting once; throws `ConfigError` with all that is wrong: which setting, what about it, and what to do. */
export function readConfig(env: Environment, demo?: DemoAddresses): Config {
  try {
    return readSettings(env, demo);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    // A name that is not known may be why another setting is missing.
    const unknown = unknownSettings(env).map((words) => new ConfigError(words));
    if (unknown.length === 0) throw error;
    throw new ConfigErrors([...(error instanceof ConfigErrors ? error.all : [error]), ...unknown]);
  }
}

function readSettings(env: Environment, demo: DemoAddresses | undefined): Config {
  const { bind, watched, moreHosts, cacheSeconds, cacheMaxBytes, ...read } = readAll({
    watched: () => (demo ? { servers: [demoServer(demo)], warnings: [] } : readServers(env)),
    bind: () => readBind(env),
    logLevel: () => readLogLevel(env),
    history: () => readHistory(env),
    access: () => readAccess(env, readHost(env)),
    moreHosts: () => readMoreHosts(env, readHost(env)),
    approval: () => readChoice<Config['approval']>(env, 'PGDECK_APPROVAL', ['off', 'typed']),
    maintenanceMax: () => readNumber(env, 'PGDECK_MAINTENANCE_MAX', 2, { from: 1, to: 10, whole: true }),
    schedules: () => readSwitch(env, 'PGDECK_SCHEDULES', true),
    auditCopy: () => readAuditCopy(env),
    budgetPercent: () => readNumber(env, 'PGDECK_BUDGET_PERCENT', 1, { from: 0.01, to: 100 }),
    limits: () => readLimits(env),
    pool: () => readPool(env),
    cacheSeconds: () => readTtls(env),
    cacheMaxBytes: () => readNumber(env, 'PGDECK_CACHE_MAX_MB', 32, { from: 1, to: 10_000 }) * 1024 ** 2,
    slowStatement: () => readSlowStatement(env),
  });
  const { host, port } = bind;
  const { servers, warnings } = watched;
  const { access } = read;
  return {
    ...read,
    host,
    port,
    servers,
    stateDir: stateFolder(env),
    allowedHosts: hostsOf(host, port, access.publicOrigin, moreHosts),
    cache: { seconds: cacheSeconds, maxBytes: cacheMaxBytes },
    warnings: [
      ...unknownSettings(env),
      ...warnings,
      ...hostWarnings(servers),
      ...accessWarnings(env, { host, access, servers }),
    ],
  };
}

function readLogLevel(env: Environment): string {
  const level = setting(env, 'PGDECK_LOG_LEVEL') ?? 'warn';
  if (!logLevels.includes(level)) throw new ConfigError(`PGDECK_LOG_LEVEL: choose one of ${logLevels.join(', ')}.`);
  return level;
}

function unknownSettings(env: Environment): string[] {
  const known = new Set(settings.map(({ name }) => name));
  return Object.keys(env)
    .filter((name) => /^PGDECK_(?!TEST_)/.test(name) && !known.has(name) && setting(env, name) !== undefined)
    .map((name) => `${name} is not a setting of pgdeck; docs/settings.md lists them.`);
}

function demoServer({ read, action, applications }: DemoAddresses): ServerConfig {
  // The demo runs on this machine.
  const cpus = availableParallelism();
  const name = 'Demo shop';
  return { id: 'demo', name, environment: 'demo', tags: [], demo: true, read, action, cpus, applications };
}

/** `on` or `off`; `otherwise` where it is not set. */
function readSwitch(env: Environment, name: string, otherwise: boolean): boolean {
  const text = setting(env, name);
  if (text === undefined) return otherwise;
  if (text !== 'on' && text !== 'off') throw new ConfigError(`${name}: choose on or off.`);
  return text === 'on';
}

type HistoryKind = HistoryConfig['kind'];

function readHistoryKind(env: Environment): HistoryKind {
  const url = setting(env, 'PGDECK_HISTORY_URL');
  const on = readSwitch(env, 'PGDECK_HISTORY', true);
  if (!on && url !== undefined)
    throw new ConfigError('PGDECK_HISTORY is off and PGDECK_HISTORY_URL names a store; keep one of them.');
  return !on ? 'off' : url === undefined ? 'embedded' : 'external';
}

function readHistory(env: Environment): HistoryConfig {
  const url = setting(env, 'PGDECK_HISTORY_URL');
  const days = (name: string, otherwise: number) => () =>
    readNumber(env, name, otherwise, { from: 1, to: 3660, whole: true });
  const rawDays = days('PGDECK_HISTORY_RAW_DAYS', 2);
  const minuteDays = days('PGDECK_HISTORY_MINUTE_DAYS', 14);
  const hourDays = days('PGDECK_HISTORY_HOUR_DAYS', 400);
  const { inOrder: _, ...history } = readAll({
    kind: () => readHistoryKind(env),
    url: () => (url === undefined ? undefined : targetFromUrl('PGDECK_HISTORY_URL', url)),
    rawDays,
    minuteDays,
    hourDays,
    maxBytes: () => readNumber(env, 'PGDECK_HISTORY_MAX_GB', 5, { from: 0.1, to: 100_000 }) * 1024 ** 3,
    literals: () => readSwitch(env, 'PGDECK_HISTORY_LITERALS', false),
    inOrder: () =>
      readEach([
        () => {
          if (rawDays() > minuteDays())
            throw new ConfigError(
              'PGDECK_HISTORY_RAW_DAYS is above PGDECK_HISTORY_MINUTE_DAYS; minutes are made from samples.',
            );
        },
        () => {
          if (minuteDays() > hourDays())
            throw new ConfigError(
              'PGDECK_HISTORY_MINUTE_DAYS is above PGDECK_HISTORY_HOUR_DAYS; hours are made from minutes.',
            );
        },
      ]),
  });
  return history;
}

function readAuditCopy(env: Environment): boolean {
  const name = 'PGDECK_AUDIT_COPY';
  const { kind, given } = readAll({ kind: () => readHistoryKind(env), given: () => readSwitch(env, name, false) });
  const on = setting(env, name) === undefined ? kind === 'external' : given;
  if (on && kind === 'off')
    throw new ConfigError('PGDECK_AUDIT_COPY is on and PGDECK_HISTORY is off: there is no store to copy to.');
  return on;
}

function readServers(env: Environment): ConfigFile {
  const file = setting(env, 'PGDECK_CONFIG');
  const url = setting(env, 'DATABASE_URL');
  if (file !== undefined) {
    const { content } = readAll({
      content: () => readFile(file, env),
      alone: () => {
        if (url !== undefined)
          throw new ConfigError('PGDECK_CONFIG and DATABASE_URL are both set; keep one: the file lists every server.');
      },
    });
    return content;
  }
  const actionUrl = setting(env, 'PGDECK_ACTION_URL');
  const pgbouncerUrl = setting(env, 'PGDECK_PGBOUNCER_URL');
  const { read, action, pgbouncer, cpus } = readAll({
    read: () => (url !== undefined ? targetFromUrl('DATABASE_URL', url, env) : targetFromVariables(env)),
    action: () => (actionUrl === undefined ? undefined : targetFromUrl('PGDECK_ACTION_URL', actionUrl, env)),
    pgbouncer: () => (pgbouncerUrl === undefined ? undefined : consoleFromUrl('PGDECK_PGBOUNCER_URL', pgbouncerUrl)),
    cpus: () => readNumber(env, 'PGDECK_CPUS', undefined, { from: 1, to: 4096, whole: true }),
  });
  const server: ServerConfig = {
    id: 'default',
    name: setting(env, 'PGDECK_NAME') ?? 'PostgreSQL',
    environment: setting(env, 'PGDECK_ENVIRONMENT'),
    tags: [],
    demo: false,
    read,
    action: action ?? read,
    cpus,
    pgbouncer,
  };
  return { servers: [server], warnings: [] };
}

/** One of some words; the first where it is not set. */
function readChoice<Word extends string>(env: Environment, name: string, words: [Word, ...Word[]]): Word {
  const text = setting(env, name);
  const word = text === undefined ? words[0] : words.find((each) => each === text);
  if (word === undefined) throw new ConfigError(`${name}: ${words.join(' or ')}; it is ${words[0]} when not set.`);
  return word;
}

function readLimits(env: Environment): Limits {
  const read = (key: keyof Limits) => {
    const limit = limitSettings[key];
    return readNumber(env, limitName(key), limit.default, 'share' in limit ? { from: 0, to: 1 } : { from: 0, to: 1e9 });
  };
  const pairs = ['connections#', 'idleInTransaction#Seconds', 'transaction#Seconds', 'deadRows#'];
  const { limits } = readAll({
    limits: () => readEach((Object.keys(limitSettings) as (keyof Limits)[]).map((key) => () => [key, read(key)])),
    inOrder: () =>
      readEach(
        pairs.map((pair) => () => {
          const warning = pair.replace('#', 'Warning') as keyof Limits;
          const critical = pair.replace('#', 'Critical') as keyof Limits;
          if (read(warning) > read(critical))
            throw new ConfigError(`${limitName(warning)} is above ${limitName(critical)}; a warning comes first.`);
        }),
      ),
  });
  return Object.fromEntries(limits) as Limits;
}
