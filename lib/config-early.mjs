// @ts-check
// What is read before anything is installed or built: plain JavaScript on node's built-ins, so that node runs it as it is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

/** @typedef {Record<string, string | undefined>} Environment */

/** A setting is wrong; the message names it, says what is wrong and what to do, and never repeats a secret. */
export class ConfigError extends Error {
  /** @override */
  name = 'ConfigError';
}

/** Several settings are wrong; each problem is an error of its own. */
export class ConfigErrors extends ConfigError {
  /** @param {ConfigError[]} all */
  constructor(all) {
    super(all.map(({ message }) => message).join('\n'));
    this.all = all;
  }
}

/**
 * Reads each part by itself, so that what is wrong in one does not hide what is wrong in others; throws all of it.
 * @template Part
 * @param {(() => Part)[]} parts
 * @returns {Part[]}
 */
export function readEach(parts) {
  /** @type {Map<string, ConfigError>} */
  const wrong = new Map();
  const read = parts.flatMap((part) => {
    try {
      return [part()];
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      // Two parts may stand on a third one.
      for (const each of error instanceof ConfigErrors ? error.all : [error]) wrong.set(each.message, each);
      return [];
    }
  });
  const [first, ...others] = wrong.values();
  if (first) throw others.length === 0 ? first : new ConfigErrors([first, ...others]);
  return read;
}

/**
 * `readEach` for parts with names.
 * @template {Record<string, () => unknown>} Parts
 * @param {Parts} parts
 * @returns {{ [Name in keyof Parts]: ReturnType<Parts[Name]> }}
 */
export function readAll(parts) {
  const read = readEach(
    Object.entries(parts).map(([name, part]) => () => [name, part()]),
  );
  return /** @type {any} */ (Object.fromEntries(read));
}

/**
 * The value of a setting; empty or blank is unset.
 * @param {Environment} env
 * @param {string} name
 * @returns {string | undefined}
 */
export function setting(env, name) {
  const value = env[name]?.trim();
  return value ? value : undefined;
}

/**
 * Fills unset variables of `env` from the folder's `.env` file, where there is one; what the environment sets wins.
 * @param {Environment} env
 * @param {string} folder
 */
export function fillFromDotEnv(env, folder) {
  let text;
  try {
    text = readFileSync(join(folder, '.env'), 'utf8');
  } catch {
    return;
  }
  for (const [name, value] of Object.entries(parseEnv(text))) if (setting(env, name) === undefined) env[name] = value;
}

/**
 * Whether something names a server to watch; otherwise the demo is shown.
 * @param {Environment} env
 */
export function namesServer(env) {
  return ['DATABASE_URL', 'PGHOST', 'PGDECK_CONFIG'].some((name) => setting(env, name) !== undefined);
}

/** @param {string} text */
const isPort = (text) => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;

/**
 * @param {string} name
 * @param {string} value
 */
export function readPort(name, value) {
  if (!isPort(value)) throw new ConfigError(`${name}: a port is a whole number from 1 to 65535.`);
  return Number(value);
}

/**
 * Whether a host is an address of this machine alone.
 * @param {string} host
 */
export function isLoopbackHost(host) {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '');
  return name === 'localhost' || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** @typedef {'local' | 'anonymous' | 'password' | 'oidc' | 'proxy' | 'embed'} AuthMode how people are recognised; `local` and `anonymous` ask for nothing, `embed` lets in frames and tokens only */

/** @type {readonly Exclude<AuthMode, 'local' | 'anonymous'>[]} */
const signIns = ['password', 'oidc', 'proxy', 'embed'];

/**
 * How people are recognised on a host: only loopback goes without saying how.
 * @param {Environment} env
 * @param {string} host
 * @returns {AuthMode}
 */
export function readAuth(env, host) {
  const given = setting(env, 'PGDECK_AUTH');
  const open = setting(env, 'PGDECK_ALLOW_UNAUTHENTICATED');
  if (open !== undefined && open !== 'read-only')
    throw new ConfigError('PGDECK_ALLOW_UNAUTHENTICATED: the only value is read-only.');
  const mode = signIns.find((each) => each === given);
  if (mode !== undefined && open !== undefined)
    throw new ConfigError(
      `PGDECK_AUTH is ${mode} and PGDECK_ALLOW_UNAUTHENTICATED lets everybody in; keep one of them.`,
    );
  if (mode !== undefined) return mode;
  if (given !== undefined && given !== 'none')
    throw new ConfigError(`PGDECK_AUTH: choose one of ${signIns.join(', ')} or none.`);
  if (open !== undefined) return 'anonymous';
  if (isLoopbackHost(host)) return 'local';
  throw new ConfigError(
    `Refusing to listen on ${host} without authentication. Set PGDECK_AUTH=proxy|oidc|password|embed, or PGDECK_HOST=127.0.0.1. ` +
      'On a closed network PGDECK_ALLOW_UNAUTHENTICATED=read-only lets everybody look, without query texts and actions.',
  );
}

/**
 * The host to listen on.
 * @param {Environment} env
 */
export function readHost(env) {
  const named = setting(env, 'PGDECK_HOST') ?? '127.0.0.1';
  return named.toLowerCase() === 'localhost' ? '127.0.0.1' : named.replace(/^\[(.*)\]$/, '$1');
}

/**
 * Where pgdeck listens; anything but loopback asks for a way to sign in.
 * @param {Environment} env
 * @returns {{ host: string, port: number }}
 */
export function readBind(env) {
  const host = readHost(env);
  const name = setting(env, 'PGDECK_PORT') !== undefined ? 'PGDECK_PORT' : 'PORT';
  const given = setting(env, name);
  const { port } = readAll({
    auth: () => readAuth(env, host),
    port: () => (given === undefined ? 8432 : readPort(name, given)),
  });
  return { host, port };
}

/**
 * What pgdeck's paths begin with behind a reverse proxy, without a slash at its end; empty: nothing.
 * @param {Environment} env
 */
export function readBasePath(env) {
  const path = setting(env, 'PGDECK_BASE_PATH')?.replace(/\/+$/, '') ?? '';
  if (path !== '' && !/^(\/[a-z0-9][a-z0-9._-]*){1,5}$/i.test(path))
    throw new ConfigError('PGDECK_BASE_PATH: a path such as /pgdeck, of letters, digits, dots, - and _.');
  return path;
}

/**
 * The folder of the built pages: their addresses are written into them, so that each base path has a build of its own.
 * @param {string} basePath
 */
export function pagesFolder(basePath) {
  return basePath === '' ? '.next' : `dist/base-path${basePath}/.next`;
}

const example = 'postgres://user:password@host:5432/database';
const encoding =
  'Special characters in user or password are percent-encoded: @ is %40, # is %23, / is %2F, ? is %3F, % is %25.';
const noHost = 'socket.invalid';
const used = ['host', 'port', 'user', 'password', 'dbname', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey'];
// Common in addresses that hosters and frameworks give out, without a meaning for how pgdeck connects.
const ignored = [
  ...['application_name', 'fallback_application_name', 'connect_timeout', 'channel_binding', 'gssencmode'],
  ...['keepalives', 'keepalives_idle', 'keepalives_interval', 'keepalives_count', 'target_session_attrs'],
  ...['schema', 'pgbouncer', 'connection_limit', 'pool_timeout'],
];
/** @type {Record<string, string>} */
const refused = {
  ssl: 'use sslmode=require (encrypted), or sslmode=verify-full (encrypted and the certificate checked)',
  options: 'pgdeck sets the options of its sessions itself; set others with ALTER ROLE … SET',
};

/** @typedef {{ [part: string]: string | undefined }} UrlParts host, port, user, password, dbname, sslmode, sslrootcert, sslcert, sslkey */

/**
 * The parts of a `postgres://` URL as libpq reads it; parts that it does not name are undefined. Throws all that is wrong.
 * @param {string} name the setting it comes from, for messages
 * @param {string} text
 * @returns {UrlParts}
 */
export function readConnectionUrl(name, text) {
  const { parts, problems } = splitConnectionUrl(name, text);
  readEach(problems);
  return parts;
}

/**
 * `readConnectionUrl` that goes on where it can: `problems` throw what is wrong, and the parts that they are about are
 * undefined. Throws only where nothing can be told apart.
 * @param {string} name
 * @param {string} text
 * @returns {{ parts: UrlParts, problems: (() => never)[] }}
 */
export function splitConnectionUrl(name, text) {
  /** @type {(() => never)[]} */
  const problems = [];
  const note = (/** @type {ConfigError} */ error) =>
    problems.push(() => {
      throw error;
    });
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const keywords = /^\s*\w+\s*=/.test(text);
    throw new ConfigError(
      `${name}: ${keywords ? 'a keyword string (host=… user=…) is not read; write it as a URL' : 'this is not a URL'}: ${example}`,
    );
  }
  if (!/^postgres(ql)?:\/\//i.test(text)) {
    throw new ConfigError(`${name}: the URL must begin with postgres:// or postgresql://, as in ${example}`);
  }
  const wrong = () => new ConfigError(`${name}: this URL cannot be read. ${encoding} Example: ${example}`);
  const wrongPort = () => new ConfigError(`${name}: the port in this URL has to be a whole number from 1 to 65535.`);
  // `user@/database` means the local socket to libpq, and nothing to node.
  const parse = (/** @type {string} */ address) =>
    new URL(address.replace(/^(\w+:\/\/[^/?#]*@)(?=[/?]|$)/, `$1${noHost}`));
  let url;
  try {
    url = parse(text);
  } catch {
    // A host list and a bare socket folder are no URL for node; the first has a better sentence.
    if (/@[^/?#]*,/.test(text))
      throw new ConfigError(`${name}: several hosts in one URL are not supported; name one server.`);
    if (!namesPort(text)) throw wrong();
    // What is no number may be a part of a password, and what follows it the rest.
    const without = text.replace(/^(\w+:\/\/[^/?#]*):\d+(?=[/?#]|$)/, '$1');
    if (without === text || !URL.canParse(without)) throw wrongPort();
    note(wrongPort());
    url = parse(without);
  }
  const rawDatabase = url.pathname.replace(/^\//, '');
  if (url.hash || rawDatabase.includes('/') || rawDatabase.includes('@') || url.search.includes('@')) throw wrong();
  const decode = (/** @type {string} */ part) => {
    let value;
    try {
      value = decodeURIComponent(part);
    } catch {
      throw wrong();
    }
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly those are refused
    if (/[\0-\x1f]/.test(value)) throw wrong();
    return value || undefined;
  };
  const host = url.hostname === noHost ? undefined : decode(url.hostname.replace(/^\[(.*)\]$/, '$1'));
  if (host?.includes(','))
    throw new ConfigError(`${name}: several hosts in one URL are not supported; name one server.`);
  /** @type {{ [part: string]: string | undefined }} */
  const parts = {
    host,
    port: url.port || undefined,
    user: decode(url.username),
    password: decode(url.password),
    dbname: decode(rawDatabase),
  };
  for (const pair of url.search.slice(1).split('&').filter(Boolean)) {
    const equals = pair.indexOf('=');
    const key = equals < 0 ? pair : pair.slice(0, equals);
    if (used.includes(key)) parts[key] = decode(equals < 0 ? '' : pair.slice(equals + 1));
    else if (Object.hasOwn(refused, key))
      note(new ConfigError(`${name}: the parameter ${key} is not taken: ${refused[key]}.`));
    else if (!ignored.includes(key)) {
      note(
        new ConfigError(
          `${name}: the parameter ${/^[a-z_]{2,32}$/i.test(key) ? key : 'after the ?'} is not known. Known are ${used.join(', ')}. ${encoding}`,
        ),
      );
    }
  }
  if (parts.port !== undefined && !isPort(parts.port)) {
    note(wrongPort());
    parts.port = undefined;
  }
  return { parts, problems };
}

/**
 * Whether what a URL says behind its host is meant as a port, and not a part of a password with a / in it.
 * @param {string} text
 */
function namesPort(text) {
  const [, authority = '', rest = ''] = /^\w+:\/\/([^/?#]*)(.*)$/.exec(text) ?? [];
  return /^(?:.*@)?(?:\[[^\]]*\]|[^:@]*):[^:@]+$/.test(authority) && !rest.includes('@');
}
