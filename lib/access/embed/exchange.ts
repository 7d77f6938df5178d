import type { EmbedSession } from '@/lib/client/embed-shapes';
import type { AccessConfig, EmbedConfig } from '@/lib/config-access';
import { log } from '@/lib/metrics/log';
import { runtime } from '@/lib/runtime';
import { ApiError, notFound } from '../errors';
import { once } from '../once';
import { serversFor } from '../server-access';
import { auditSignIn } from '../sign-in-audit';
import { remembersEarlier, take } from '../used-ids';
import { lesser, type User } from '../user';
import { bearerSeconds, type Embedded, sealBearer, userOf } from './bearer';
import { isPage } from './pages';
import { presentationOf } from './presentation';
import { type EmbedClaims, readEmbedToken } from './token';

/** Beyond so many at a time nobody is remembered, and each exchange is written down. */
const mostPeople = 10_000;

/**
 * Takes a portal's token, once, for ten minutes of what it allows. Throws 404 where embedding is not set up, 401 for a
 * token that is not taken, 403 for one that names an origin, a server or a page that is not there for it.
 */
export function exchange(token: string): Promise<EmbedSession> {
  return begin(token).catch((error: unknown) => {
    if (error instanceof ApiError) log.warn({ code: error.code, why: error.message }, 'an embed token was not taken');
    throw error;
  });
}

async function begin(token: string): Promise<EmbedSession> {
  const { access, limits } = runtime().config;
  if (!canEmbed(access)) throw notFound('This pgdeck is in no portal: PGDECK_EMBED_ORIGINS is not set.');
  const claims = await readEmbedToken(token, access);
  const { embed } = access;
  const embedded: Embedded = {
    v: 1,
    portal: claims.iss,
    sub: claims.sub,
    role: lesser(claims.role, embed.maxRole),
    servers: claims.targets,
    pages: claims.pages,
    origin: claims.origin,
    epoch: access.sessionEpoch,
  };
  requireKnown(embedded, embed);
  await takeOnce(claims);
  await auditFirst(userOf(embedded));
  const now = Date.now();
  return {
    accessToken: await sealBearer(embedded),
    now: new Date(now).toISOString(),
    expiresAt: new Date(now + bearerSeconds * 1000).toISOString(),
    user: { id: userOf(embedded).name, name: claims.name ?? claims.sub, role: embedded.role },
    presentation: presentationOf(claims.presentation),
    pages: embedded.pages ?? null,
    origin: embedded.origin,
    deck: access.mode !== 'embed',
    actions: embed.actions && access.actions !== 'off',
    limits,
  };
}

/** Whether a portal may show this pgdeck. */
function canEmbed(access: AccessConfig): access is AccessConfig & { embed: EmbedConfig } {
  return access.embed !== undefined;
}

/** A name that is not there is a mistake of the portal: left out in silence it would look like an empty pgdeck. */
function requireKnown(embedded: Embedded, { origins }: EmbedConfig): void {
  const { servers = [], pages = [], origin } = embedded;
  if (!origins.includes(origin))
    throw new ApiError(403, 'origin_not_allowed', 'The origin of this token is none of PGDECK_EMBED_ORIGINS.');
  const seen = new Set(serversFor(userOf(embedded)).map(({ server }) => server.config.id));
  if (!servers.every((id) => seen.has(id)))
    throw new ApiError(403, 'unknown_target', 'The claim targets names a server that is not here for this token.');
  if (!pages.every(isPage)) throw new ApiError(403, 'unknown_page', 'The claim pages names a page that is not here.');
}

async function takeOnce({ iss, jti, iat, exp }: EmbedClaims): Promise<void> {
  const used = () =>
    new ApiError(401, 'token_used', 'This token was used before. Make one at each time that it is asked for.');
  // What was used before this process began is not known where nothing was left to tell. `iat` is in whole seconds.
  const began = Math.floor(runtime().launcher.startedAt / 1000);
  if (iat < began && !(await remembersEarlier())) throw used();
  // Until nobody would take it any more: its end, and what clocks may differ.
  if (!(await take(`embed:${iss}:${jti}`, exp + 60))) throw used();
}

/** A frame is signed in anew every nine minutes: only a person who was not there before is written down. */
async function auditFirst({ name, role, mode }: User): Promise<void> {
  const seen = once('embedded-people', () => new Map<string, number>());
  const now = Date.now();
  if (seen.size >= mostPeople) for (const [other, until] of seen) if (until <= now) seen.delete(other);
  const isNew = (seen.get(name) ?? 0) <= now;
  if (seen.size < mostPeople || seen.has(name)) seen.set(name, now + 2 * bearerSeconds * 1000);
  if (isNew) await auditSignIn('login_ok', { name, role, mode }, 'Signed in by the token of a portal.');
}
