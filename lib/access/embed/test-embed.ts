import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { shared } from '@/lib/runtime';
import { accessOf } from '../test-access';

/** The portal of the tests, and the address of the pgdeck that it shows. */
export const portal = 'https://portal.example.net';
export const deck = 'https://pgdeck.example.org';
export const secret = 'UHLhpZNJlPAc5Ljo+tx5RRHHiCz+AxCZXhhxTtg7DjnU';

export const embedEnv = {
  PGDECK_AUTH: 'password',
  PGDECK_PUBLIC_URL: deck,
  PGDECK_EMBED_ORIGINS: `${portal},https://other.example.net:8443`,
  PGDECK_EMBED_SECRET: secret,
  PGDECK_EMBED_ISSUER: 'portal',
};

/** What was written to the audit since the deck was started. */
export const audited: object[] = [];

const now = () => Math.floor(Date.now() / 1000);
let made = 0;

/** What a portal says of a person. */
export function claimsOf(changed: Record<string, unknown> = {}): JWTPayload {
  const claims = {
    iss: 'portal',
    aud: deck,
    sub: '4711',
    origin: portal,
    iat: now(),
    exp: now() + 60,
    jti: `jti-${process.pid}-${made++}`,
    ...changed,
  };
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}

/** A portal's token. */
export function tokenOf(
  changed: Record<string, unknown> = {},
  header: Partial<JWTHeaderParameters> = {},
  key: Parameters<SignJWT['sign']>[0] = Buffer.from(secret),
): Promise<string> {
  return new SignJWT(claimsOf(changed))
    .setProtectedHeader({ alg: 'HS256', typ: 'pgdeck-embed+jwt', ...header })
    .sign(key);
}

/** A pgdeck that began ten minutes ago and watches the servers `main` and `billing`. */
export function startDeck(env: Record<string, string> = {}): void {
  const config = {
    access: accessOf({ ...embedEnv, ...env }),
    allowedHosts: ['127.0.0.1:8432'],
    stateDir: mkdtempSync(join(tmpdir(), 'pgdeck-embed-')),
    history: { kind: 'off' },
    limits: {},
    servers: ['main', 'billing'].map((id) => ({ id })),
  };
  audited.length = 0;
  Object.assign(shared(), {
    launcher: { startedAt: Date.now() - 600_000 },
    config,
    history: {},
    audit: { write: async (record: object) => void audited.push(record) },
    servers: new Map(config.servers.map((server) => [server.id, { config: server }])),
  });
}
