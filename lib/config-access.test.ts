import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type AccessConfig, readAccess } from './config-access';
import { isLoopbackHost } from './config-early.mjs';
import { embed, oidc, on, open, password, proxy, secret, url } from './test-environment';

const jwt = {
  PGDECK_PROXY_SECRET: '',
  PGDECK_PROXY_JWT_HEADER: 'X-Goog-Iap-Jwt-Assertion',
  PGDECK_PROXY_JWKS_URL: 'https://keys.example.net/jwks',
  PGDECK_PROXY_JWT_ISSUER: 'https://keys.example.net',
  PGDECK_PROXY_JWT_AUDIENCE: 'pgdeck',
};

function refused(env: Record<string, string>): string {
  try {
    on(env.PGDECK_HOST ?? '127.0.0.1', env);
  } catch (error) {
    expect((error as Error).name).toBe('ConfigError');
    return (error as Error).message;
  }
  throw new Error(`it was taken: ${JSON.stringify(env)}`);
}

describe('where nobody has to sign in', () => {
  test.each(['127.0.0.1', 'localhost', 'LocalHost', '127.8.8.8', '::1', '[::1]'])('%s is local mode', (host) => {
    const { access, warnings } = on(host);
    expect(access).toMatchObject({ mode: 'local', localRole: 'admin', actions: 'all', secureCookies: false });
    expect(warnings).toEqual([]);
    expect(on(host, { PGDECK_AUTH: 'none' }).access.mode).toBe('local');
  });

  // Fails when `readAuth` gives local mode for every host.
  test.each([
    '0.0.0.0',
    '::',
    '[::]',
    '192.0.2.7',
    'db.example.net',
    '127.0.0.1.example.net',
    '::ffff:127.0.0.1',
    '0',
    '127.1',
  ])('T25: %s is refused, with the ways out', (host) => {
    const named = host.replace(/^\[(.*)\]$/, '$1');
    const words = `Refusing to listen on ${named} without authentication. Set PGDECK_AUTH=proxy|oidc|password|embed, or PGDECK_HOST=127.0.0.1.`;
    const others: Record<string, string>[] = [
      {},
      { PGDECK_AUTH: 'none' },
      { PGDECK_AUTH: ' ' },
      { PGDECK_LOCAL_ROLE: 'viewer' },
    ];
    for (const env of others) expect(refused({ PGDECK_HOST: host, ...env })).toContain(words);
  });

  test('read-only for everybody has to be said; then nobody acts, whatever else is set, and it is told', () => {
    const others: Record<string, string>[] = [{}, { PGDECK_AUTH: 'none' }, { PGDECK_ACTIONS: 'all' }];
    for (const env of others) {
      const { access, warnings } = on('0.0.0.0', { PGDECK_ALLOW_UNAUTHENTICATED: 'read-only', ...url, ...env });
      expect(access).toMatchObject({ mode: 'anonymous', actions: 'off' });
      expect(warnings[0]).toMatch(/^Nobody signs in/);
      expect(warnings.length).toBe('PGDECK_ACTIONS' in env ? 2 : 1);
    }
    for (const value of ['yes', '1', 'full'])
      expect(refused({ ...open, PGDECK_ALLOW_UNAUTHENTICATED: value })).toBe(
        'PGDECK_ALLOW_UNAUTHENTICATED: the only value is read-only.',
      );
    expect(refused({ ...password, PGDECK_ALLOW_UNAUTHENTICATED: 'read-only' })).toMatch(/keep one of them/);
  });

  // Fails without the calls of `nobodySignsIn`.
  test('T25: local mode takes no name that others could use', () => {
    expect(refused(url)).toMatch(/^PGDECK_PUBLIC_URL names another host .* nobody signs in. Set PGDECK_AUTH=/);
    expect(refused({ PGDECK_ALLOWED_HOSTS: 'localhost:1,pgdeck.example.net' })).toMatch(/^PGDECK_ALLOWED_HOSTS names/);
    const { allowedHosts, access } = on('127.0.0.1', {
      PGDECK_ALLOWED_HOSTS: 'localhost:1,[::1]:2',
      PGDECK_PUBLIC_URL: 'http://localhost:3',
    });
    expect(allowedHosts).toEqual(expect.arrayContaining(['localhost:1', '[::1]:2', 'localhost:3']));
    expect(access.publicOrigin).toBe('http://localhost:3');
  });
});

describe('with sign-in', () => {
  test.each([
    ['password', password],
    ['oidc', oidc],
    ['proxy', proxy],
    ['embed', embed],
  ])('%s listens everywhere, acts only where PGDECK_ACTIONS says so, and marks its cookies', (mode, env) => {
    for (const host of ['0.0.0.0', '::', '192.0.2.7', '127.0.0.1']) {
      const { access, allowedHosts } = on(host, env);
      expect(access).toMatchObject({
        mode,
        actions: 'off',
        secureCookies: true,
        publicOrigin: 'https://pgdeck.example.net',
      });
      expect(allowedHosts[0]).toBe('pgdeck.example.net');
      expect(allowedHosts).not.toContain('0.0.0.0:8432');
      expect(on(host, { ...env, PGDECK_ACTIONS: 'safe' }).access.actions).toBe('safe');
    }
  });

  test('who has which role', () => {
    const env = {
      ...oidc,
      PGDECK_VIEWER_GROUPS: '',
      PGDECK_ADMIN_GROUPS: ' dba , user:ann@example.net,',
      PGDECK_OPERATOR_GROUPS: 'ops',
    };
    expect(on('0.0.0.0', env).access.roleOf).toEqual({
      viewer: [],
      operator: ['ops'],
      admin: ['dba', 'user:ann@example.net'],
    });
  });

  test('a signed header instead of a secret', () => {
    expect(on('0.0.0.0', { ...proxy, ...jwt }).access.proxy).toEqual({
      userHeader: 'x-forwarded-user',
      groupsHeader: undefined,
      secret: undefined,
      jwt: {
        header: 'x-goog-iap-jwt-assertion',
        jwks: new URL('https://keys.example.net/jwks'),
        issuer: 'https://keys.example.net',
        audience: 'pgdeck',
        nameClaim: 'email',
        groupsClaim: 'groups',
      },
    });
  });

  const { PGDECK_PUBLIC_URL: _, ...withoutUrl } = { ...password };
  const without = (env: Record<string, string>, name: string) => ({ ...env, [name]: '' });
  test.each<[string, Record<string, string>, RegExp]>([
    [
      'password without an address',
      { ...open, ...withoutUrl },
      /^PGDECK_PUBLIC_URL: say under which address .*PGDECK_PUBLIC_URL=https:/,
    ],
    ['oidc without an address, on loopback too', without(oidc, 'PGDECK_PUBLIC_URL'), /^PGDECK_PUBLIC_URL: say/],
    ['embed without an address, on loopback too', without(embed, 'PGDECK_PUBLIC_URL'), /^PGDECK_PUBLIC_URL: say/],
    [
      'an address with a path',
      { ...password, PGDECK_PUBLIC_URL: 'https://x.example/db' },
      /a path goes to PGDECK_BASE_PATH/,
    ],
    [
      'an address that is none',
      { ...password, PGDECK_PUBLIC_URL: 'pgdeck.example' },
      /^PGDECK_PUBLIC_URL: scheme and host, such as/,
    ],
    [
      'an address with a password',
      { ...password, PGDECK_PUBLIC_URL: 'https://a:b@x.example' },
      /^PGDECK_PUBLIC_URL: scheme/,
    ],
    [
      'cookies over http',
      { ...open, ...password, PGDECK_PUBLIC_URL: 'http://x.example' },
      /unencrypted. Put TLS in front and write https:\/\/, or accept it with PGDECK_INSECURE_HTTP=1/,
    ],
    [
      'cookies over http behind a proxy on this machine',
      { ...oidc, PGDECK_PUBLIC_URL: 'http://x.example' },
      /PGDECK_INSECURE_HTTP=1/,
    ],
    ['an unknown way', { PGDECK_AUTH: 'basic' }, /^PGDECK_AUTH: choose one of password, oidc, proxy, embed or none/],
    [
      'an unknown bound',
      { ...password, PGDECK_ACTIONS: 'some' },
      /^PGDECK_ACTIONS: choose one of off, safe, all; it is all without sign-in on loopback, otherwise off, when/,
    ],
    [
      'an unknown bound where there are no actions',
      { ...open, PGDECK_ALLOW_UNAUTHENTICATED: 'read-only', PGDECK_ACTIONS: 'some' },
      /^PGDECK_ACTIONS: choose/,
    ],
    [
      'an unknown local role',
      { PGDECK_LOCAL_ROLE: 'root' },
      /^PGDECK_LOCAL_ROLE: choose one of viewer, operator, admin; it is admin/,
    ],
    ['an unknown flag', { ...password, PGDECK_INSECURE_HTTP: 'yes' }, /^PGDECK_INSECURE_HTTP: choose 1 or 0/],
    ['an epoch', { ...password, PGDECK_SESSION_EPOCH: '-1' }, /^PGDECK_SESSION_EPOCH: a whole number/],
    ['a base path', { PGDECK_BASE_PATH: 'https://x/y' }, /^PGDECK_BASE_PATH: a path such as \/pgdeck/],
    ['a base path with dots', { PGDECK_BASE_PATH: '/a/../b' }, /^PGDECK_BASE_PATH/],
    ['hosts', { ...password, PGDECK_ALLOWED_HOSTS: 'https://x' }, /^PGDECK_ALLOWED_HOSTS: hosts with their port/],
    ['a user that is none', { ...password, PGDECK_USERS: 'ann:admin:plain' }, /^PGDECK_USERS/],
    ['a token that is none', { ...password, PGDECK_TOKENS: 'ci:admin:plain' }, /^PGDECK_TOKENS/],
    [
      'a provider without TLS',
      { ...oidc, PGDECK_OIDC_ISSUER: 'http://id.example.net' },
      /^PGDECK_OIDC_ISSUER: the https:\/\/ address/,
    ],
    [
      'a provider without a client',
      without(oidc, 'PGDECK_OIDC_CLIENT_ID'),
      /^PGDECK_AUTH=oidc: PGDECK_OIDC_CLIENT_ID is missing/,
    ],
    ['a provider without a secret', without(oidc, 'PGDECK_OIDC_CLIENT_SECRET'), /PGDECK_OIDC_CLIENT_SECRET is missing/],
    [
      'a provider and nobody with a role',
      without(oidc, 'PGDECK_VIEWER_GROUPS'),
      /nobody could sign in.*PGDECK_ADMIN_GROUPS/,
    ],
    [
      'T8: a proxy without a proof',
      without(proxy, 'PGDECK_PROXY_SECRET'),
      /anybody could send the header.*PGDECK_PROXY_SECRET.*PGDECK_PROXY_JWT_HEADER/,
    ],
    ['a proxy with two proofs', { ...proxy, ...jwt, PGDECK_PROXY_SECRET: secret }, /one of them/],
    ['a proxy and nobody with a role', without(proxy, 'PGDECK_VIEWER_GROUPS'), /nobody could sign in/],
    [
      'a header that is none',
      { ...proxy, PGDECK_PROXY_USER_HEADER: 'X_User' },
      /^PGDECK_PROXY_USER_HEADER: the name of a header/,
    ],
    [
      'a header that browsers send',
      { ...proxy, PGDECK_PROXY_USER_HEADER: 'Cookie' },
      /^PGDECK_PROXY_USER_HEADER: the name of a header that the proxy sets/,
    ],
    [
      'keys without TLS',
      { ...proxy, ...jwt, PGDECK_PROXY_JWKS_URL: 'http://keys.example.net' },
      /^PGDECK_PROXY_JWKS_URL: the https:/,
    ],
    [
      'a signed header without an audience',
      without({ ...proxy, ...jwt }, 'PGDECK_PROXY_JWT_AUDIENCE'),
      /PGDECK_PROXY_JWT_AUDIENCE is missing/,
    ],
    [
      'a signed header without an issuer',
      without({ ...proxy, ...jwt }, 'PGDECK_PROXY_JWT_ISSUER'),
      /PGDECK_PROXY_JWT_ISSUER is missing/,
    ],
    [
      'embed without portals',
      without(embed, 'PGDECK_EMBED_ORIGINS'),
      /^PGDECK_AUTH=embed: name the portals in PGDECK_EMBED_ORIGINS/,
    ],
    [
      'a portal that is no origin',
      { ...embed, PGDECK_EMBED_ORIGINS: 'https://portal.example.net/' },
      /^PGDECK_EMBED_ORIGINS: origins with scheme, host and port/,
    ],
    [
      'a person without a name',
      { ...oidc, PGDECK_OPERATOR_GROUPS: 'ops, user: ,dba' },
      /^PGDECK_OPERATOR_GROUPS: user: has no name; write user:NAME/,
    ],
    ['every portal', { ...embed, PGDECK_EMBED_ORIGINS: '*' }, /^PGDECK_EMBED_ORIGINS: origins/],
    [
      'a portal without a signature',
      without(embed, 'PGDECK_EMBED_SECRET'),
      /PGDECK_EMBED_SECRET \(HS256\) or PGDECK_EMBED_PUBLIC_KEY/,
    ],
    ['a portal without a name', without(embed, 'PGDECK_EMBED_ISSUER'), /PGDECK_EMBED_ISSUER is missing/],
    ['an unknown role of portals', { ...embed, PGDECK_EMBED_MAX_ROLE: 'root' }, /^PGDECK_EMBED_MAX_ROLE: choose/],
  ])('%s is refused with the line that mends it', (_, env, words) => expect(refused(env)).toMatch(words));

  test('a key of a portal is the public one, of the kind that is named', () => {
    const pem = (kind: 'ed25519' | 'ec', which: 'public' | 'private') => {
      const keys = kind === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
      return String(
        which === 'public'
          ? keys.publicKey.export({ type: 'spki', format: 'pem' })
          : keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      );
    };
    const signed = (key: string, env = {}) => ({
      ...embed,
      PGDECK_EMBED_SECRET: '',
      PGDECK_EMBED_PUBLIC_KEY: key,
      ...env,
    });
    const es256 = { PGDECK_EMBED_ALGORITHM: 'ES256' };
    expect(on('0.0.0.0', signed(pem('ed25519', 'public').replaceAll('\n', '\\n'))).access.embed?.algorithm).toBe(
      'EdDSA',
    );
    expect(on('0.0.0.0', signed(pem('ec', 'public'), es256)).access.embed?.algorithm).toBe('ES256');
    for (const env of [signed(pem('ed25519', 'private')), signed(pem('ec', 'public')), signed('x', es256)])
      expect(refused(env)).toMatch(/^PGDECK_EMBED_PUBLIC_KEY: the PEM of a public key/);
  });
});

// Fails when `readSecret` gives back what it read.
describe('T19: a secret that somebody could guess is refused, and never repeated', () => {
  const names = ['PGDECK_SECRET', 'PGDECK_PROXY_SECRET', 'PGDECK_EMBED_SECRET'];
  test.each([
    ['short', 'vJ2nQ8sKx0pLw7Zt4RbY6cMdFh1eGuA'],
    ['of a manual', 'SUPERSECRET_THAT_YOU_SHOULD_CHANGE'],
    ['of a manual', 'a-string-secret-at-least-256-bits-long'],
    ['of a manual', 'your-256-bit-secret-your-256-bit-secret'],
    ['of a manual', 'please-change-me-please-please-please'],
    ['of a manual', 'SAMPLE_KEY_SAMPLE_KEY_SAMPLE_KEY_SAMPLE'],
    ['counted', '0123456789abcdef0123456789abcdef'],
    ['repeated', 'kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk'],
    ['repeated', 'secretsecretsecretsecretsecretsecret'],
  ])('%s: %s', (_, value) => {
    for (const name of names)
      for (const env of [{}, { ...open, ...password }, { ...open, ...proxy }, { ...open, ...embed }]) {
        const message = refused({ ...env, [name]: value });
        expect(message).toMatch(new RegExp(`^${name}: .*openssl rand -base64 48`));
        expect(message).not.toContain(value);
      }
  });

  // Fails without `refuseSharedSecrets`.
  test('T19: a secret that somebody else holds too is refused', () => {
    const shared = (first: string, second: string) => refused({ ...password, [first]: secret, [second]: secret });
    for (const [first = '', second = ''] of [names.slice(0, 2), names.slice(1), [names[0], names[2]]]) {
      expect(shared(first, second)).toBe(
        `${second} is the same as ${first}: who holds one would hold both. Make another: openssl rand -base64 48`,
      );
      expect(shared(first, second)).not.toContain(secret);
    }
  });

  test('what openssl makes is taken', () => {
    const made = [
      'bGVzcyBvYnZpb3VzIHRoYW4gaXQgbG9va3MsIGJ1dCB0aGUgdGVzdCBuZWVkcyBvbmU=',
      '9f86d081884c7d659a2feaa0c55ad015',
    ];
    for (const value of made) expect(on('0.0.0.0', { ...password, PGDECK_SECRET: value }).access.secret).toBe(value);
  });
});

test('a base path has no slash at its end, and none is none', () => {
  const at = (path: string): AccessConfig['basePath'] => readAccess({ PGDECK_BASE_PATH: path }, '127.0.0.1').basePath;
  expect([at(''), at('/'), at('/db'), at('/tools/pgdeck/')]).toEqual(['', '', '/db', '/tools/pgdeck']);
});

// Fails when `isLoopbackHost` looks at the beginning only.
test('T7: loopback is an address of this machine, whole', () => {
  for (const host of ['127.0.0.1', '127.1.2.3', 'localhost', 'LOCALHOST', '::1', '[::1]'])
    expect(isLoopbackHost(host), host).toBe(true);
  for (const host of [
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    '1127.0.0.1',
    '0.0.0.0',
    '::',
    '[::]',
    '',
    '127.0.0',
  ])
    expect(isLoopbackHost(host), host).toBe(false);
});
