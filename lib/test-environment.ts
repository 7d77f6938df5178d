import { readConfig } from './config';

/** A secret that nobody would guess. */
export const secret = 'vJ2nQ8sKx0pLw7Zt4RbY6cMdFh1eGuAi';
/** What pgdeck reads on a host, of a server beside these settings. */
export const on = (host: string, env: Record<string, string> = {}) =>
  readConfig({ DATABASE_URL: 'postgres://r@db/shop', PGPASSFILE: '/nonexistent', PGDECK_HOST: host, ...env });
/** Reachable for others. */
export const open = { PGDECK_HOST: '0.0.0.0' };
/** The address that browsers open. */
export const url = { PGDECK_PUBLIC_URL: 'https://pgdeck.example.net' };
const everybody = { PGDECK_VIEWER_GROUPS: '*' };
/** Sign-in with a password. */
export const password = { PGDECK_AUTH: 'password', ...url };
/** Sign-in at a reverse proxy. */
export const proxy = { PGDECK_AUTH: 'proxy', PGDECK_PROXY_SECRET: secret, ...everybody, ...url };
/** Sign-in at a provider. */
export const oidc = {
  PGDECK_AUTH: 'oidc',
  PGDECK_OIDC_ISSUER: 'https://id.example.net',
  PGDECK_OIDC_CLIENT_ID: 'pgdeck',
  PGDECK_OIDC_CLIENT_SECRET: 'given by the provider',
  ...everybody,
  ...url,
};
/** Only in frames. */
export const embed = {
  PGDECK_AUTH: 'embed',
  PGDECK_EMBED_ORIGINS: 'https://portal.example.net',
  PGDECK_EMBED_SECRET: secret,
  PGDECK_EMBED_ISSUER: 'portal',
  ...url,
};
