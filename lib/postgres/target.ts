import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import {
  ConfigError,
  type Environment,
  readAll,
  readEach,
  readPort,
  setting,
  splitConnectionUrl,
  type UrlParts,
} from '@/lib/config-early.mjs';

/** Encryption with libpq's meaning: `prefer` and `require` do not check the certificate, `verify-ca` its chain, `verify-full` also the name. */
export type Tls = {
  mode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  /** Missing: the certificates that node trusts. */
  rootCertFile?: string;
  certFile?: string;
  keyFile?: string;
};

/** Where and as whom pgdeck connects: discrete values, never a URL. `host` may be the folder of a Unix socket. */
export type Target = {
  host: string;
  port: number;
  database: string;
  user: string;
  password: string | undefined;
  tls: Tls;
};

/** Whether two addresses are of one role in one database: only how it signs in may differ. */
export function isSamePlace(one: Target, other: Target): boolean {
  return (['host', 'port', 'database', 'user'] as const).every((part) => one[part] === other[part]);
}

const modes = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'];

/** The target that a URL names; with `env`, libpq's PG* variables fill what it leaves out. Throws all that is wrong. */
export function targetFromUrl(name: string, url: string, env: Environment = {}): Target {
  const { parts, problems } = splitConnectionUrl(name, url);
  return readAll({ url: () => readEach(problems), target: () => target(name, parts, env) }).target;
}

/** The admin console of PgBouncer that a URL names: its own port and database where it leaves them out. */
export function consoleFromUrl(name: string, url: string): Target {
  const { parts, problems } = splitConnectionUrl(name, url);
  const { user, dbname } = parts;
  const refuse = (is: boolean, words: string) => () => {
    if (is) throw new ConfigError(`${name}: ${words}`);
  };
  return readAll({
    url: () => readEach(problems),
    user: refuse(
      user === undefined,
      "name the user, one of PgBouncer's stats_users or admin_users: postgres://user:password@host:6432",
    ),
    database: refuse(
      dbname !== undefined && dbname !== 'pgbouncer',
      'the console of PgBouncer is the database pgbouncer; leave the name of another database out.',
    ),
    target: () => target(name, { ...parts, port: parts.port ?? '6432', dbname: 'pgbouncer', user: user ?? '' }, {}),
  }).target;
}

/** The target that libpq's PG* variables name. */
export function targetFromVariables(env: Environment): Target {
  return target('PGHOST', {}, env);
}

function target(name: string, parts: UrlParts, env: Environment): Target {
  const port = readPort(`${name} (PGPORT)`, parts.port ?? setting(env, 'PGPORT') ?? '5432');
  const host = parts.host ?? setting(env, 'PGHOST') ?? socketFolder(port) ?? 'localhost';
  const { tls } = readAll({
    host: () => {
      if (host.includes(',')) throw new ConfigError(`${name}: several hosts are not supported; name one server.`);
    },
    tls: () => readTls(name, parts, env, host),
  });
  const user = parts.user ?? setting(env, 'PGUSER') ?? userInfo().username;
  const database = parts.dbname ?? setting(env, 'PGDATABASE') ?? user;
  const password = parts.password ?? setting(env, 'PGPASSWORD') ?? fromPassfile(env, { host, port, database, user });
  return { host, port, database, user, password, tls };
}

/** libpq's default host: the folder of the local server's socket, where there is one. */
function socketFolder(port: number): string | undefined {
  return ['/var/run/postgresql', '/tmp'].find((folder) => existsSync(join(folder, `.s.PGSQL.${port}`)));
}

function readTls(name: string, parts: UrlParts, env: Environment, host: string): Tls {
  const mode = parts.sslmode ?? setting(env, 'PGSSLMODE') ?? 'prefer';
  const known = () => {
    if (!modes.includes(mode)) throw new ConfigError(`${name}: sslmode must be one of ${modes.join(', ')}.`);
  };
  if (host.startsWith('/') || mode === 'disable') {
    known();
    return { mode: 'disable' };
  }
  const own = (file: string) => join(homedir(), '.postgresql', file);
  const given = (key: 'sslrootcert' | 'sslcert' | 'sslkey') => {
    const file = parts[key] ?? setting(env, `PG${key.toUpperCase()}`);
    if (file === undefined || file === 'system') return file;
    try {
      readFileSync(file);
    } catch {
      throw new ConfigError(`${name}: the file that ${key} names cannot be read. Give the path of a PEM file.`);
    }
    return resolve(file);
  };
  const { root, cert, key } = readAll({
    known,
    root: () => given('sslrootcert') ?? (existsSync(own('root.crt')) ? own('root.crt') : undefined),
    cert: () => given('sslcert') ?? (existsSync(own('postgresql.crt')) ? own('postgresql.crt') : undefined),
    key: () => given('sslkey') ?? (existsSync(own('postgresql.key')) ? own('postgresql.key') : undefined),
  });
  if (root === 'system' && mode !== 'verify-full') {
    throw new ConfigError(`${name}: sslrootcert=system needs sslmode=verify-full.`);
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new ConfigError(`${name}: sslcert and sslkey belong together; set both or none.`);
  }
  // As libpq: with a root certificate at hand `require` checks the chain; `allow` may encrypt, which `prefer` does.
  const meant = mode === 'allow' ? 'prefer' : mode === 'require' && root !== undefined ? 'verify-ca' : mode;
  return {
    mode: meant as Tls['mode'],
    ...(root !== undefined && root !== 'system' && { rootCertFile: root }),
    ...(cert !== undefined && key !== undefined && { certFile: cert, keyFile: key }),
  };
}

type Login = { host: string; port: number; database: string; user: string };

/** The password of libpq's password file; as libpq, a file that others may read is not used. */
function fromPassfile(env: Environment, login: Login): string | undefined {
  const file = setting(env, 'PGPASSFILE') ?? join(homedir(), '.pgpass');
  let text: string;
  try {
    const stat = statSync(/*turbopackIgnore: true*/ file);
    if (!stat.isFile() || (process.platform !== 'win32' && (stat.mode & 0o077) !== 0)) return undefined;
    text = readFileSync(/*turbopackIgnore: true*/ file, 'utf8');
  } catch {
    return undefined;
  }
  const wanted = [
    login.host.startsWith('/') ? 'localhost' : login.host,
    String(login.port),
    login.database,
    login.user,
  ];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = passfileFields(line);
    const password = fields[4];
    if (password === undefined) continue;
    const fits = wanted.every(
      (value, i) => fields[i] === '*' || fields[i] === value || (i === 0 && fields[i] === login.host),
    );
    if (fits) return password;
  }
  return undefined;
}

/** host:port:database:user:password, where a backslash takes the next character as it is. */
function passfileFields(line: string): string[] {
  const fields: string[] = [];
  let field = '';
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (character === ':' && fields.length < 4) {
      fields.push(field);
      field = '';
    } else field += character === '\\' && i + 1 < line.length ? line.charAt(++i) : character;
  }
  return [...fields, field];
}
