import { describe, expect, test } from 'vitest';
import { embed, oidc, on, password, proxy, secret, url } from './test-environment';

describe('what is allowed and risky is said', () => {
  const warned = (env: Record<string, string>, host = '0.0.0.0') =>
    on(host, { PGDECK_ACTION_URL: 'postgres://a@db/shop', ...env }).warnings;

  test('nothing where nothing is', () => {
    for (const env of [password, oidc, proxy, embed]) expect(warned({ ...env, PGDECK_ACTIONS: 'all' })).toEqual([]);
    expect(warned({}, '127.0.0.1')).toEqual([]);
  });

  test.each<[Record<string, string>, RegExp]>([
    [{ ...password, PGDECK_PUBLIC_URL: 'http://x.example', PGDECK_INSECURE_HTTP: '1' }, /^PGDECK_PUBLIC_URL is http:/],
    [{ ...proxy, PGDECK_PUBLIC_URL: 'http://x.example' }, /^PGDECK_PUBLIC_URL is http:/],
    [{ ...password, PGDECK_INSECURE_HTTP: '1' }, /^PGDECK_INSECURE_HTTP counts only/],
    [
      { ...password, PGDECK_ACTIONS: 'safe', PGDECK_ACTION_URL: '' },
      /^PGDECK_ACTIONS=safe: PostgreSQL has one role, r,/,
    ],
    [{ ...oidc, PGDECK_ADMIN_GROUPS: '*' }, /^PGDECK_ADMIN_GROUPS has \*/],
    [{ ...embed, PGDECK_EMBED_ORIGINS: 'http://portal.example.net' }, /^PGDECK_EMBED_ORIGINS has an http/],
    [{ ...embed, PGDECK_EMBED_ACTIONS: '1' }, /^PGDECK_EMBED_ACTIONS=1/],
    [
      { ...password, PGDECK_OIDC_ISSUER: 'x', PGDECK_OIDC_CLIENT_ID: 'y' },
      /^PGDECK_OIDC_CLIENT_ID, PGDECK_OIDC_ISSUER count only with PGDECK_AUTH=oidc/,
    ],
    [{ ...password, PGDECK_PROXY_SECRET: secret }, /^PGDECK_PROXY_SECRET counts only with PGDECK_AUTH=proxy/],
    [{ ...password, PGDECK_ADMIN_GROUPS: 'dba' }, /^PGDECK_ADMIN_GROUPS counts only with PGDECK_AUTH=oidc or proxy/],
    [{ ...password, PGDECK_EMBED_SECRET: secret }, /^PGDECK_EMBED_SECRET counts only with PGDECK_EMBED_ORIGINS/],
    [{ ...oidc, PGDECK_LOCAL_ROLE: 'viewer' }, /^PGDECK_LOCAL_ROLE counts only/],
    [{ PGDECK_ALLOW_UNAUTHENTICATED: 'read-only', ...url }, /^Nobody signs in/],
  ])('%o', (env, words) => expect(warned(env)).toEqual([expect.stringMatching(words)]));

  test('actions that go to another host, but for names of the same machine', () => {
    const acting = (DATABASE_URL: string, PGDECK_ACTION_URL: string) =>
      on('127.0.0.1', { DATABASE_URL, PGDECK_ACTION_URL }).warnings;
    expect(acting('postgres://r@db/shop', 'postgres://a@staging/shop')).toEqual([
      'default: questions go to db and actions to staging (url and actionUrl). pgdeck refuses to act unless both are the same server.',
    ]);
    expect(acting('postgres://r@DB:6432/shop', 'postgres://a@db:5432/shop')).toEqual([]);
    expect(acting('postgres://r@/shop?host=/run/pg', 'postgres://a@localhost/shop')).toEqual([]);
  });

  test('an address that no other machine can name', () => {
    const anonymous = { PGDECK_ALLOW_UNAUTHENTICATED: 'read-only' };
    expect(warned(anonymous)).toEqual([
      expect.stringMatching(/^Nobody/),
      expect.stringMatching(/PGDECK_ALLOWED_HOSTS/),
    ]);
    expect(warned({ ...anonymous, PGDECK_ALLOWED_HOSTS: 'pgdeck:8432' })).toHaveLength(1);
  });
});
