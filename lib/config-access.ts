import { createPublicKey } from 'node:crypto';
import { isIP } from 'node:net';
import {
  type AuthMode,
  ConfigError,
  type Environment,
  isLoopbackHost,
  readAll,
  readAuth,
  readBasePath,
  readEach,
  setting,
} from '@/lib/config-early.mjs';
import {
  type Role,
  readTokenEntries,
  readUserEntries,
  roles,
  type TokenEntry,
  type UserEntry,
} from '@/lib/config-people';
import { need, needHttps, readFlag, readList, readUrl, readWord } from '@/lib/config-words';

export type { AuthMode, Role };
export { roles };

/** Which actions are there at all: `safe` are those that an operator may do. */
export type ActionsAllowed = 'off' | 'safe' | 'all';

/** A provider of OpenID Connect, and which claims of it say who somebody is. */
export type OidcConfig = {
  issuer: URL;
  clientId: string;
  clientSecret: string;
  scopes: string;
  nameClaim: string;
  groupsClaim: string;
};

/** What a reverse proxy says about who asks, and what proves that it was the proxy: a shared secret or a signed header. */
export type ProxyConfig = {
  userHeader: string;
  groupsHeader: string | undefined;
  secret: string | undefined;
  jwt:
    | { header: string; jwks: URL; issuer: string; audience: string; nameClaim: string; groupsClaim: string }
    | undefined;
};

/** Which portals may show pgdeck in a frame, and how their tokens are signed. */
export type EmbedConfig = {
  /** Origins with scheme, host and port. */
  origins: string[];
  issuer: string;
  algorithm: 'HS256' | 'EdDSA' | 'ES256';
  /** The shared secret of HS256, or the public key (PEM) of the others. */
  key: string;
  maxRole: Role;
  /** Whether actions can be run inside a frame. */
  actions: boolean;
};

/** Who may: how people are recognised, what they may do, and under which address they come. */
export type AccessConfig = {
  mode: AuthMode;
  localRole: Role;
  /** The address that browsers use, without the base path and a slash at its end; undefined: the one it listens on. */
  publicOrigin: string | undefined;
  /** What pgdeck's paths begin with behind a reverse proxy, such as `/pgdeck`; empty: nothing. */
  basePath: string;
  /** Whether cookies are marked `Secure`. */
  secureCookies: boolean;
  /** The key of sessions; undefined: one that is made and kept in the state folder. */
  secret: string | undefined;
  sessionEpoch: number;
  actions: ActionsAllowed;
  /** Whether operators may see values in query texts. */
  operatorQueryText: boolean;
  /** Which groups, `user:NAME` or `*` have a role, in modes where others say who somebody is. */
  roleOf: Record<Role, string[]>;
  /** Users and tokens given by the environment, beside the files of the state folder. */
  users: UserEntry[];
  tokens: TokenEntry[];
  oidc: OidcConfig | undefined;
  proxy: ProxyConfig | undefined;
  embed: EmbedConfig | undefined;
};

const leastBytes = 32;
const placeholders =
  /change.?(?:me|it|this)|should.?change|placeholder|example|secret|default|password|passphrase|123456|abcdefgh|qwerty|sample|insert.?here|at.?least|this.?is|x{8,}|(?<same>.)\k<same>{11,}/i;
/** What openssl makes has dozens; a word that was typed over and over has few. */
const leastCharacters = 10;

/** Everything that says who may; throws `ConfigError` with the lines that mend it. */
export function readAccess(env: Environment, host: string): AccessConfig {
  const {
    url,
    weak: _,
    shared: __,
    ...read
  } = readAll({
    mode: () => readAuth(env, host),
    embed: () => readEmbed(env, host),
    // A weak secret is told where its mode is not on yet, too.
    weak: () => readEach(['PGDECK_PROXY_SECRET', 'PGDECK_EMBED_SECRET'].map((name) => () => readSecret(env, name))),
    shared: () => refuseSharedSecrets(env),
    url: () => readBrowserUrl(env, host),
    actions: () => readActions(env, host),
    localRole: () => readWord(env, 'PGDECK_LOCAL_ROLE', roles, 'admin'),
    basePath: () => readBasePath(env),
    secret: () => readSecret(env, 'PGDECK_SECRET'),
    sessionEpoch: () => readEpoch(env),
    operatorQueryText: () => readFlag(env, 'PGDECK_OPERATOR_QUERY_TEXT'),
    roleOf: () => readRoles(env, host),
    users: () => readUserEntries(setting(env, 'PGDECK_USERS') ?? ''),
    tokens: () => readTokenEntries(setting(env, 'PGDECK_TOKENS') ?? ''),
    oidc: () => (readAuth(env, host) === 'oidc' ? readOidc(env) : undefined),
    proxy: () => (readAuth(env, host) === 'proxy' ? readProxy(env) : undefined),
  });
  return { ...read, publicOrigin: url?.origin, secureCookies: url?.protocol === 'https:' };
}

/** The address of browsers, as far as the way to sign in allows it. */
function readBrowserUrl(env: Environment, host: string): URL | undefined {
  const { mode, url, insecure } = readAll({
    url: () => readPublicUrl(env),
    mode: () => readAuth(env, host),
    insecure: () => readFlag(env, 'PGDECK_INSECURE_HTTP'),
  });
  const loopback = isLoopbackHost(host);
  const framed = readList(env, 'PGDECK_EMBED_ORIGINS').length > 0;
  const signIn = mode === 'password' || mode === 'oidc';
  if (mode === 'local' && url && !isLoopbackHost(url.hostname)) throw nobodySignsIn('PGDECK_PUBLIC_URL');
  if (url === undefined && (mode === 'oidc' || framed || (!loopback && mode !== 'anonymous')))
    throw new ConfigError(
      'PGDECK_PUBLIC_URL: say under which address browsers open pgdeck, such as PGDECK_PUBLIC_URL=https://pgdeck.example.net.',
    );
  if (signIn && url?.protocol === 'http:' && !insecure && !(loopback && isLoopbackHost(url.hostname)))
    throw new ConfigError(
      'PGDECK_PUBLIC_URL is http://, so that the session would travel unencrypted. Put TLS in front and write https://, or accept it with PGDECK_INSECURE_HTTP=1.',
    );
  return url;
}

function readActions(env: Environment, host: string): ActionsAllowed {
  const name = 'PGDECK_ACTIONS';
  const { mode, given } = readAll({
    given: () =>
      readWord<ActionsAllowed>(
        env,
        name,
        ['off', 'safe', 'all'],
        'off',
        'all without sign-in on loopback, otherwise off,',
      ),
    mode: () => readAuth(env, host),
  });
  if (mode === 'anonymous') return 'off';
  return setting(env, name) === undefined && mode === 'local' ? 'all' : given;
}

/** Local mode is for this machine: another name in front of it would make everybody who knows the name an admin. */
function nobodySignsIn(name: string): ConfigError {
  return new ConfigError(
    `${name} names another host than this machine, and nobody signs in. Set PGDECK_AUTH=proxy|oidc|password|embed, or leave out ${name}.`,
  );
}

/** A secret of at least 32 bytes that nobody could guess from a manual; undefined where it is not set. */
export function readSecret(env: Environment, name: string): string | undefined {
  const secret = setting(env, name);
  if (secret === undefined) return undefined;
  if (Buffer.byteLength(secret) < leastBytes)
    throw new ConfigError(`${name}: at least ${leastBytes} bytes. Make one: openssl rand -base64 48`);
  if (placeholders.test(secret) || new Set(secret).size < leastCharacters)
    throw new ConfigError(`${name}: this looks like a placeholder of a manual. Make one: openssl rand -base64 48`);
  return secret;
}

/** Who holds the secret of a portal or proxy must not hold the one of sessions with it. */
function refuseSharedSecrets(env: Environment): void {
  const names = ['PGDECK_SECRET', 'PGDECK_PROXY_SECRET', 'PGDECK_EMBED_SECRET'];
  readEach(
    names.map((name, index) => () => {
      const value = setting(env, name);
      const other = names.slice(0, index).find((each) => value !== undefined && setting(env, each) === value);
      if (other !== undefined)
        throw new ConfigError(
          `${name} is the same as ${other}: who holds one would hold both. Make another: openssl rand -base64 48`,
        );
    }),
  );
}

function readPublicUrl(env: Environment): URL | undefined {
  const text = setting(env, 'PGDECK_PUBLIC_URL');
  if (text === undefined) return undefined;
  const url = readUrl(text);
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash || url.username)
    throw new ConfigError(
      'PGDECK_PUBLIC_URL: scheme and host, such as https://pgdeck.example.net; a path goes to PGDECK_BASE_PATH.',
    );
  return url;
}

function readRoles(env: Environment, host: string): Record<Role, string[]> {
  const of = (role: Role) => () => {
    const name = `PGDECK_${role.toUpperCase()}_GROUPS`;
    const list = readList(env, name);
    if (list.includes('user:')) throw new ConfigError(`${name}: user: has no name; write user:NAME.`);
    return list;
  };
  const found = readAll({ viewer: of('viewer'), operator: of('operator'), admin: of('admin') });
  const mode = readAuth(env, host);
  const others = mode === 'oidc' || mode === 'proxy';
  if (others && Object.values(found).every((list) => list.length === 0))
    throw new ConfigError(
      `PGDECK_AUTH=${mode}: nobody could sign in. Say who has which role: PGDECK_ADMIN_GROUPS, PGDECK_OPERATOR_GROUPS, PGDECK_VIEWER_GROUPS (groups, user:NAME, or * for everybody).`,
    );
  return found;
}

function readOidc(env: Environment): OidcConfig {
  const why = 'PGDECK_AUTH=oidc';
  return {
    ...readAll({
      issuer: () => needHttps(env, 'PGDECK_OIDC_ISSUER', why, 'of the provider, exactly as it names itself'),
      clientId: () => need(env, 'PGDECK_OIDC_CLIENT_ID', why),
      clientSecret: () => need(env, 'PGDECK_OIDC_CLIENT_SECRET', why),
    }),
    scopes: setting(env, 'PGDECK_OIDC_SCOPES') ?? 'openid profile email',
    nameClaim: setting(env, 'PGDECK_OIDC_NAME_CLAIM') ?? 'email',
    groupsClaim: setting(env, 'PGDECK_OIDC_GROUPS_CLAIM') ?? 'groups',
  };
}

function readProxy(env: Environment): ProxyConfig {
  const header = (name: string) => () => readHeader(env, name);
  const jwtHeader = header('PGDECK_PROXY_JWT_HEADER');
  const proxy = readAll({
    userHeader: header('PGDECK_PROXY_USER_HEADER'),
    groupsHeader: header('PGDECK_PROXY_GROUPS_HEADER'),
    secret: () => readProof(env),
    jwt: () => {
      const name = jwtHeader();
      return name === undefined ? undefined : readSignedHeader(env, name);
    },
  });
  return { ...proxy, userHeader: proxy.userHeader ?? 'x-forwarded-user' };
}

/** The secret of the proxy, where no signed header stands in for it. */
function readProof(env: Environment): string | undefined {
  const secret = readSecret(env, 'PGDECK_PROXY_SECRET');
  if ((secret === undefined) === (setting(env, 'PGDECK_PROXY_JWT_HEADER') === undefined))
    throw new ConfigError(
      'PGDECK_AUTH=proxy: anybody could send the header with the name. Set PGDECK_PROXY_SECRET to a secret that the proxy sends as X-Pgdeck-Proxy-Secret, or PGDECK_PROXY_JWT_HEADER to the signed header that it sends (one of them).',
    );
  return secret;
}

function readSignedHeader(env: Environment, header: string): NonNullable<ProxyConfig['jwt']> {
  const why = 'PGDECK_PROXY_JWT_HEADER';
  return {
    header,
    ...readAll({
      jwks: () => needHttps(env, 'PGDECK_PROXY_JWKS_URL', why, 'of the keys that the proxy signs with'),
      issuer: () => need(env, 'PGDECK_PROXY_JWT_ISSUER', why),
      audience: () => need(env, 'PGDECK_PROXY_JWT_AUDIENCE', why),
    }),
    nameClaim: setting(env, 'PGDECK_PROXY_JWT_NAME_CLAIM') ?? 'email',
    groupsClaim: setting(env, 'PGDECK_PROXY_JWT_GROUPS_CLAIM') ?? 'groups',
  };
}

function readEmbed(env: Environment, host: string): EmbedConfig | undefined {
  const origins = readList(env, 'PGDECK_EMBED_ORIGINS');
  if (origins.length === 0) {
    if (readAuth(env, host) === 'embed')
      throw new ConfigError('PGDECK_AUTH=embed: name the portals in PGDECK_EMBED_ORIGINS.');
    return undefined;
  }
  const {
    signature,
    origins: _,
    ...read
  } = readAll({
    origins: () => refuseNoOrigins(origins),
    signature: () => readSignature(env),
    issuer: () => need(env, 'PGDECK_EMBED_ISSUER', 'PGDECK_EMBED_ORIGINS'),
    maxRole: () => readWord(env, 'PGDECK_EMBED_MAX_ROLE', roles, 'viewer'),
    actions: () => readFlag(env, 'PGDECK_EMBED_ACTIONS'),
  });
  return { origins, ...signature, ...read };
}

function refuseNoOrigins(origins: string[]): void {
  for (const origin of origins) {
    const url = readUrl(origin);
    if (!url || !/^https?:$/.test(url.protocol) || url.origin !== origin)
      throw new ConfigError(
        'PGDECK_EMBED_ORIGINS: origins with scheme, host and port (where it is not the usual one), such as https://portal.example.net:8443, with commas between.',
      );
  }
}

function readSignature(env: Environment): Pick<EmbedConfig, 'algorithm' | 'key'> {
  const secret = readSecret(env, 'PGDECK_EMBED_SECRET');
  const publicKey = setting(env, 'PGDECK_EMBED_PUBLIC_KEY')?.replaceAll('\\n', '\n');
  if ((secret === undefined) === (publicKey === undefined))
    throw new ConfigError(
      'PGDECK_EMBED_ORIGINS: say how the portal signs its tokens: PGDECK_EMBED_SECRET (HS256) or PGDECK_EMBED_PUBLIC_KEY (a PEM; EdDSA or ES256), one of them.',
    );
  const algorithm =
    secret !== undefined ? 'HS256' : readWord(env, 'PGDECK_EMBED_ALGORITHM', ['EdDSA', 'ES256'], 'EdDSA');
  if (publicKey !== undefined && !isPublicKey(publicKey, algorithm))
    throw new ConfigError(
      `PGDECK_EMBED_PUBLIC_KEY: the PEM of a public key for ${algorithm} (-----BEGIN PUBLIC KEY-----). Make it from the portal's own: openssl pkey -in portal.pem -pubout`,
    );
  return { algorithm, key: secret ?? publicKey ?? '' };
}

/** Whether a PEM is a public key of an algorithm; the private one stays with the portal, and is not taken in its place. */
function isPublicKey(pem: string, algorithm: EmbedConfig['algorithm']): boolean {
  if (!pem.includes('-----BEGIN PUBLIC KEY-----')) return false;
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem);
    return algorithm === 'EdDSA'
      ? asymmetricKeyType === 'ed25519'
      : asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1';
  } catch {
    return false;
  }
}

function readEpoch(env: Environment): number {
  const text = setting(env, 'PGDECK_SESSION_EPOCH') ?? '0';
  if (!/^\d{1,9}$/.test(text))
    throw new ConfigError('PGDECK_SESSION_EPOCH: a whole number; another one than before logs everybody out.');
  return Number(text);
}

/** What browsers send themselves says nothing about who they are. */
const headersOfBrowsers =
  /^(accept.*|authorization|connection|content-.*|cookie|host|origin|referer|sec-.*|user-agent|x-forwarded-(for|host|port|proto))$/;

function readHeader(env: Environment, name: string): string | undefined {
  const header = setting(env, name)?.toLowerCase();
  if (header !== undefined && (!/^[a-z0-9-]{1,100}$/.test(header) || headersOfBrowsers.test(header)))
    throw new ConfigError(
      `${name}: the name of a header that the proxy sets itself, of letters, digits and -, such as X-Forwarded-User.`,
    );
  return header;
}

/** The hosts of PGDECK_ALLOWED_HOSTS. */
export function readMoreHosts(env: Environment, host: string): string[] {
  const more = readList(env, 'PGDECK_ALLOWED_HOSTS').map((name) => name.toLowerCase());
  if (more.some((name) => !/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/.test(name)))
    throw new ConfigError(
      'PGDECK_ALLOWED_HOSTS: hosts with their port where it is not the usual one, with commas between.',
    );
  if (readAuth(env, host) === 'local' && more.some((name) => !isLoopbackHost(name.replace(/:\d+$/, ''))))
    throw nobodySignsIn('PGDECK_ALLOWED_HOSTS');
  return more;
}

/** The hosts that a browser may name, with their port: the public one, those of this machine, and `more`. */
export function hostsOf(host: string, port: number, publicOrigin: string | undefined, more: string[]): string[] {
  const bound = isIP(host) === 6 ? `[${host}]` : host;
  const names = new Set(['127.0.0.1', 'localhost', '[::1]', ...(['0.0.0.0', '[::]'].includes(bound) ? [] : [bound])]);
  const own = [...names].flatMap((name) => (port === 80 ? [name, `${name}:80`] : [`${name}:${port}`]));
  const shown = publicOrigin === undefined ? [] : [new URL(publicOrigin).host];
  return [...new Set([...shown, ...own, ...more])];
}
