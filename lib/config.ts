import { readFileSync } from 'node:fs';
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { type AccessConfig, hostsOf, type Role, readAccess, roles } from '@/lib/config-access';
import { ConfigError, type Environment, readBind, setting } from '@/lib/config-early.mjs';
import { limitName, limitSettings, logLevels, settings } from '@/lib/config-settings';
import { accessWarnings } from '@/lib/config-warnings';
import { type Target, type Tls, targetFromUrl, targetFromVariables } from '@/lib/postgres/target';

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
  /** Things that are worth a line in the terminal. */
  warnings: string[];
};

/** How to reach the demo, from the launcher that started it. */
export type DemoAddresses = { read: Target; action: Target };

const identifier = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'an id is 1 to 63 lower-case letters, digits, - or _')
  .refine((id) => !['api', 'embed', 'metrics'].includes(id), 'this id is taken by pgdeck itself');
const whoWords = 'a list of groups, user:NAME or *, such as ["dba", "user:ann"]';
const inWords = 'a list of databases, such as ["shop"]; leave it out for all';
const serverShape = z.strictObject({
  id: identifier,
  name: z.string().min(1).max(100).optional(),
  url: z.string().min(1).optional(),
  urlEnv: z.string().min(1).optional(),
  actionUrl: z.string().min(1).optional(),
  actionUrlEnv: z.string().min(1).optional(),
  tags: z.array(z.string().min(1).max(50)).max(20).optional(),
  environment: z.string().min(1).max(50).optional(),
  cpus: z.number().int().min(1).max(4096).optional(),
  access: z
    .array(
      z.strictObject({
        who: z
          .array(
            z
              .string(whoWords)
              .min(1, whoWords)
              .max(256, whoWords)
              .regex(/^(?!user:$)/, whoWords),
            whoWords,
          )
          .min(1, whoWords),
        role: z.enum(roles, `choose one of ${roles.join(', ')}`),
        databases: z.array(z.string(inWords).min(1, inWords).max(256, inWords), inWords).min(1, inWords).optional(),
      }),
      'a list, such as [{ "who": ["dba"], "role": "admin" }]',
    )
    .optional(),
});
const fileShape = z.strictObject({ servers: z.array(serverShape).min(1, 'name at least one server') });

/** The state folder of this environment. */
export function stateFolder(env: Environment): string {
  const given = setting(env, 'PGDECK_STATE_DIR');
  if (given !== undefined) return resolve(given);
  if (process.getuid?.() === 0) return '/var/lib/pgdeck';
  return join(setting(env, 'XDG_STATE_HOME') ?? join(homedir(), '.local', 'state'), 'pgdeck');
}

/** Reads every setting once; throws `ConfigError`, whose message names the setting, what is wrong and what to do. */
export function readConfig(env: Environment, demo?: DemoAddresses): Config {
  const { host, port } = readBind(env);
  const logLevel = setting(env, 'PGDECK_LOG_LEVEL') ?? 'warn';
  if (!logLevels.includes(logLevel)) throw new ConfigError(`PGDECK_LOG_LEVEL: choose one of ${logLevels.join(', ')}.`);
  const servers = demo ? [demoServer(demo)] : readServers(env);
  const history = readHistory(env);
  const access = readAccess(env, host);
  return {
    host,
    port,
    stateDir: stateFolder(env),
    logLevel,
    approval: readChoice(env, 'PGDECK_APPROVAL', ['off', 'typed']),
    maintenanceMax: readNumber(env, 'PGDECK_MAINTENANCE_MAX', 2, { from: 1, to: 10, whole: true }),
    schedules: readSwitch(env, 'PGDECK_SCHEDULES', true),
    auditCopy: readAuditCopy(env, history),
    servers,
    history,
    budgetPercent: readNumber(env, 'PGDECK_BUDGET_PERCENT', 1, { from: 0.01, to: 100 }),
    limits: readLimits(env),
    allowedHosts: hostsOf(env, host, port, access),
    access,
    warnings: [...unknownSettings(env), ...accessWarnings(env, { host, access, servers })],
  };
}

function unknownSettings(env: Environment): string[] {
  const known = new Set(settings.map(({ name }) => name));
  return Object.keys(env)
    .filter((name) => /^PGDECK_(?!TEST_)/.test(name) && !known.has(name) && setting(env, name) !== undefined)
    .map((name) => `${name} is not a setting of pgdeck; docs/settings.md lists them.`);
}

function demoServer({ read, action }: DemoAddresses): ServerConfig {
  // The demo runs on this machine.
  const cpus = availableParallelism();
  return { id: 'demo', name: 'Demo shop', environment: 'demo', tags: [], demo: true, read, action, cpus };
}

/** `on` or `off`; `otherwise` where it is not set. */
function readSwitch(env: Environment, name: string, otherwise: boolean): boolean {
  const text = setting(env, name);
  if (text === undefined) return otherwise;
  if (text !== 'on' && text !== 'off') throw new ConfigError(`${name}: choose on or off.`);
  return text === 'on';
}

function readHistory(env: Environment): HistoryConfig {
  const url = setting(env, 'PGDECK_HISTORY_URL');
  const on = readSwitch(env, 'PGDECK_HISTORY', true);
  if (!on && url !== undefined)
    throw new ConfigError('PGDECK_HISTORY is off and PGDECK_HISTORY_URL names a store; keep one of them.');
  const days = (name: string, otherwise: number) =>
    readNumber(env, name, otherwise, { from: 1, to: 3660, whole: true });
  const history: HistoryConfig = {
    kind: !on ? 'off' : url === undefined ? 'embedded' : 'external',
    url: url === undefined ? undefined : targetFromUrl('PGDECK_HISTORY_URL', url),
    rawDays: days('PGDECK_HISTORY_RAW_DAYS', 2),
    minuteDays: days('PGDECK_HISTORY_MINUTE_DAYS', 14),
    hourDays: days('PGDECK_HISTORY_HOUR_DAYS', 400),
    maxBytes: readNumber(env, 'PGDECK_HISTORY_MAX_GB', 5, { from: 0.1, to: 100_000 }) * 1024 ** 3,
    literals: readSwitch(env, 'PGDECK_HISTORY_LITERALS', false),
  };
  if (history.rawDays > history.minuteDays)
    throw new ConfigError(
      'PGDECK_HISTORY_RAW_DAYS is above PGDECK_HISTORY_MINUTE_DAYS; minutes are made from samples.',
    );
  if (history.minuteDays > history.hourDays)
    throw new ConfigError('PGDECK_HISTORY_MINUTE_DAYS is above PGDECK_HISTORY_HOUR_DAYS; hours are made from minutes.');
  return history;
}

function readAuditCopy(env: Environment, { kind }: HistoryConfig): boolean {
  const on = readSwitch(env, 'PGDECK_AUDIT_COPY', kind === 'external');
  if (on && kind === 'off')
    throw new ConfigError('PGDECK_AUDIT_COPY is on and PGDECK_HISTORY is off: there is no store to copy to.');
  return on;
}

function readServers(env: Environment): ServerConfig[] {
  const file = setting(env, 'PGDECK_CONFIG');
  const url = setting(env, 'DATABASE_URL');
  if (file !== undefined && url !== undefined) {
    throw new ConfigError('PGDECK_CONFIG and DATABASE_URL are both set; keep one: the file lists every server.');
  }
  if (file !== undefined) return readFile(file, env);
  const read = url !== undefined ? targetFromUrl('DATABASE_URL', url, env) : targetFromVariables(env);
  const actionUrl = setting(env, 'PGDECK_ACTION_URL');
  return [
    {
      id: 'default',
      name: setting(env, 'PGDECK_NAME') ?? 'PostgreSQL',
      environment: setting(env, 'PGDECK_ENVIRONMENT'),
      tags: [],
      demo: false,
      read,
      action: actionUrl === undefined ? read : targetFromUrl('PGDECK_ACTION_URL', actionUrl, env),
      cpus: readCpus(env),
    },
  ];
}

function readCpus(env: Environment): number | undefined {
  const cpus = readNumber(env, 'PGDECK_CPUS', 0, { from: 1, to: 4096, whole: true });
  return cpus === 0 ? undefined : cpus;
}

function readFile(file: string, env: Environment): ServerConfig[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not valid JSON' : 'cannot be read';
    throw new ConfigError(`PGDECK_CONFIG: the file ${file} ${why}.`);
  }
  const parsed = fileShape.safeParse(Array.isArray(content) ? { servers: content } : content);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new ConfigError(`PGDECK_CONFIG: ${issue?.path.join('.') || 'the file'}: ${issue && problemOf(issue)}`);
  }
  const seen = new Set<string>();
  return parsed.data.servers.map((server) => {
    if (seen.has(server.id)) throw new ConfigError(`PGDECK_CONFIG: two servers have the id ${server.id}.`);
    seen.add(server.id);
    const read = urlOf(server, 'url', env);
    if (!read) throw new ConfigError(`PGDECK_CONFIG: the server ${server.id} needs url or urlEnv.`);
    return {
      id: server.id,
      name: server.name ?? server.id,
      environment: server.environment,
      tags: server.tags ?? [],
      demo: false,
      read,
      action: urlOf(server, 'actionUrl', env) ?? read,
      cpus: server.cpus,
      access: server.access,
    };
  });
}

/** What is wrong, where the shape does not say it in words of its own. */
function problemOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys')
    return `${issue.keys.join(', ')} is not known here; docs/settings.md tells what is`;
  const own = !issue.message.startsWith('Invalid input');
  return own || issue.code !== 'invalid_type' ? issue.message : `this is no ${issue.expected}`;
}

function urlOf(server: z.infer<typeof serverShape>, key: 'url' | 'actionUrl', env: Environment): Target | undefined {
  const variable = server[`${key}Env`];
  const place = `PGDECK_CONFIG: ${key} of ${server.id}`;
  if (variable === undefined) return server[key] === undefined ? undefined : targetFromUrl(place, server[key]);
  if (server[key] !== undefined) throw new ConfigError(`${place}: give ${key} or ${key}Env, not both.`);
  const value = setting(env, variable);
  if (value === undefined) throw new ConfigError(`${place}: the variable ${variable} is not set.`);
  return targetFromUrl(`${variable} (${place})`, value);
}

type Range = { from: number; to: number; whole?: boolean };

function readNumber(env: Environment, name: string, otherwise: number, { from, to, whole }: Range): number {
  const text = setting(env, name);
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (!Number.isFinite(value) || value < from || value > to || (whole && !Number.isInteger(value))) {
    throw new ConfigError(
      `${name}: a ${whole ? 'whole ' : ''}number from ${from} to ${to}; it is ${otherwise} when not set.`,
    );
  }
  return value;
}

/** One of some words; the first where it is not set. */
function readChoice<Word extends string>(env: Environment, name: string, words: [Word, ...Word[]]): Word {
  const text = setting(env, name);
  const word = text === undefined ? words[0] : words.find((each) => each === text);
  if (word === undefined) throw new ConfigError(`${name}: ${words.join(' or ')}; it is ${words[0]} when not set.`);
  return word;
}

function readLimits(env: Environment): Limits {
  const entries = Object.entries(limitSettings).map(([key, limit]) => {
    const range = 'share' in limit ? { from: 0, to: 1 } : { from: 0, to: 1e9 };
    return [key, readNumber(env, limitName(key), limit.default, range)];
  });
  const limits = Object.fromEntries(entries) as Limits;
  for (const pair of ['connections#', 'idleInTransaction#Seconds', 'transaction#Seconds', 'deadRows#']) {
    const warning = pair.replace('#', 'Warning') as keyof Limits;
    const critical = pair.replace('#', 'Critical') as keyof Limits;
    if (limits[warning] > limits[critical]) {
      throw new ConfigError(`${limitName(warning)} is above ${limitName(critical)}; a warning comes first.`);
    }
  }
  return limits;
}
