import { expect, test } from 'vitest';
import { readConfig } from '@/lib/config';
import { addressOf, announcement } from './announce';

const own = { DATABASE_URL: 'postgres://reader@db:6432/shop', PGDECK_STATE_DIR: '/nowhere', PGPASSFILE: '/nowhere' };
const said = (env: Record<string, string> = {}) => announcement('1.2.3', readConfig({ ...own, ...env })).join('\n');
const shared = { PGDECK_HOST: '0.0.0.0', PGDECK_PUBLIC_URL: 'https://pgdeck.example.net' };

test('without sign-in it says that it is not shared, and what may be done', () => {
  const text = said();
  expect(text).toContain('pgdeck 1.2.3 is running: http://127.0.0.1:8432\n');
  expect(text).toContain('PostgreSQL: db:6432, database shop, role reader\n');
  expect(text).toContain('Not shared: this machine alone reaches it, without sign-in, as admin.\nActions: all');
  expect(said({ PGDECK_LOCAL_ROLE: 'viewer', PGDECK_ACTIONS: 'off' })).toMatch(/as viewer.\nActions: none/);
});

test('where everybody may look, it warns', () => {
  const text = said({ ...shared, PGDECK_ALLOW_UNAUTHENTICATED: 'read-only' });
  expect(text).toMatch(/^Nobody signs in /);
  expect(text).toContain('Everybody may look: no sign-in, no query texts, no actions.');
});

test('with sign-in it says the way, the address that browsers use, and the bound of actions', () => {
  const password = { ...shared, PGDECK_AUTH: 'password', PGDECK_BASE_PATH: '/db' };
  const text = said({ ...password, PGDECK_ACTIONS: 'safe', PGDECK_ACTION_URL: 'postgres://actor@db/shop' });
  expect(text).toContain('is running: https://pgdeck.example.net/db\n');
  expect(text).toContain('role reader, actions as actor\n');
  expect(text).toContain('Sign-in: with a password (PGDECK_AUTH=password)\n');
  expect(text).toContain('Actions: those of an operator');
  const secret = 'vJ2nQ8sKx0pLw7Zt4RbY6cMdFh1eGuAi';
  const embed = {
    PGDECK_EMBED_ORIGINS: 'https://portal.example.net',
    PGDECK_EMBED_SECRET: secret.toLowerCase(),
    PGDECK_EMBED_ISSUER: 'p',
  };
  const proxy = { ...shared, ...embed, PGDECK_AUTH: 'proxy', PGDECK_PROXY_SECRET: secret, PGDECK_VIEWER_GROUPS: '*' };
  expect(said(proxy)).toContain('(PGDECK_AUTH=proxy)\nIn frames of: https://portal.example.net\nActions: none');
  expect(said(proxy)).not.toContain(secret);
  expect(said(proxy)).not.toContain('Nobody');
});

test('an address of IPv6 stands in brackets', () =>
  expect(addressOf(readConfig({ ...own, PGDECK_HOST: '::1' }))).toBe('http://[::1]:8432'));
