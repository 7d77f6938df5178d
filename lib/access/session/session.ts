import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { runtime } from '@/lib/runtime';
import { ApiError } from '../errors';
import { once } from '../once';
import { userOfPassword } from '../password/users';
import { seal, unseal } from '../sealed';
import { isUsed, take } from '../used-ids';
import { notSignedIn, roleFor, type User } from '../user';
import { readCookie, setCookie } from './cookie';

/** Seconds after which a session ends, whatever is done. */
export const longestSeconds = 8 * 3600;
/** Seconds without anything that a person did, after which a session ends. */
export const idleSeconds = 3600;

/** Browsers take cookies of 4 KB with their name and attributes. */
const longestCookie = 3900;
const mostIdTokens = 5000;

const shape = z.strictObject({
  v: z.literal(1),
  sid: z.string().min(1),
  sub: z.string().min(1),
  name: z.string().min(1),
  mode: z.enum(['password', 'oidc']),
  groups: z.array(z.string()).optional(),
  fingerprint: z.string().optional(),
  epoch: z.number().int(),
  start: z.number().int(),
  seen: z.number().int(),
});

/** What the cookie of somebody who signed in holds, sealed; `start` and `seen` are epoch seconds. */
export type Session = z.infer<typeof shape>;

/** Who signed in, as the way of sign-in knows them. */
export type SignedIn = {
  mode: 'password' | 'oidc';
  /** Unique and lasting, as the way of sign-in has it. */
  sub: string;
  /** What the audit and the pages call them. */
  name: string;
  groups?: readonly string[] | undefined;
  /** What has to be still so for the session to go on, such as the password. */
  fingerprint?: string | undefined;
  /** What the provider wants to see when they sign out there. */
  idToken?: string | undefined;
};

const nowSeconds = () => Math.floor(Date.now() / 1000);
const idOf = ({ sid }: Session) => `session:${sid}`;
const idTokens = () => once('id-tokens', () => new Map<string, string>());

/** Begins a session with a new id; returns the value of `Set-Cookie`. */
export async function startSession({ groups, fingerprint, idToken, ...person }: SignedIn): Promise<string> {
  const now = nowSeconds();
  const session: Session = {
    v: 1,
    sid: randomBytes(18).toString('base64url'),
    ...person,
    ...(groups && { groups: groups.filter(isAsked) }),
    ...(fingerprint !== undefined && { fingerprint }),
    epoch: runtime().config.access.sessionEpoch,
    start: now,
    seen: now,
  };
  const cookie = await cookieOf(session);
  if (idToken !== undefined) keepIdToken(session.sid, idToken);
  return cookie;
}

/** The session of a request; throws 401 where there is none, or where it has ended. */
export async function sessionOf(headers: Headers): Promise<Session> {
  const text = readCookie(headers, 'session');
  if (text === undefined) throw notSignedIn('Sign in first.');
  const session = await read(text);
  if (!session || (await isUsed(idOf(session)))) throw ended();
  return session;
}

/** Who signed in, by the session's cookie, with the role that they have now; 401 without one, or when it has ended. */
export async function userOfSession(headers: Headers): Promise<User> {
  const session = await sessionOf(headers);
  const user =
    session.mode === 'password' ? await userOfPassword(session.sub, session.fingerprint) : userOfOidc(session);
  if (!user) throw ended();
  return user;
}

/** The session that somebody came by; undefined where they came another way. */
export async function sessionBehind(user: User, headers: Headers): Promise<Session | undefined> {
  return user.mode === 'password' || user.mode === 'oidc' ? sessionOf(headers) : undefined;
}

/** Says that a person did something: the session does not end for idleness for another hour. Returns the value of `Set-Cookie`. */
export function extendSession(session: Session): Promise<string> {
  return cookieOf({ ...session, seen: nowSeconds() });
}

/** Ends the session of a request for good, where there is one; `cookie` clears it in the browser. */
export async function endSession(
  headers: Headers,
): Promise<{ cookie: string; session: Session | undefined; idToken: string | undefined }> {
  const cookie = setCookie('session', '', { sameSite: 'Strict', seconds: 0 });
  const session = await sessionOf(headers).catch(() => undefined);
  if (!session || !(await take(idOf(session), session.start + longestSeconds)))
    return { cookie, session: undefined, idToken: undefined };
  const idToken = idTokens().get(session.sid);
  idTokens().delete(session.sid);
  return { cookie, session, idToken };
}

/** When a session ends, and when it ends for idleness before, as epoch milliseconds. */
export function endsOf({ start, seen }: Session): { expiresAt: number; idleExpiresAt: number } {
  const expiresAt = (start + longestSeconds) * 1000;
  return { expiresAt, idleExpiresAt: Math.min(expiresAt, (seen + idleSeconds) * 1000) };
}

async function cookieOf(session: Session): Promise<string> {
  const left = session.start + longestSeconds - nowSeconds();
  const text = await seal('session', session, left);
  if (text.length > longestCookie)
    throw new ApiError(403, 'too_large', 'You are in too many of the groups that this pgdeck knows for one session.');
  return setCookie('session', text, { sameSite: session.mode === 'oidc' ? 'Lax' : 'Strict' });
}

async function read(text: string): Promise<Session | undefined> {
  const { iss, aud, iat, exp, ...sealed } = (await unseal('session', text)) ?? {};
  const session = shape.safeParse(sealed).data;
  if (!session) return undefined;
  const { mode, sessionEpoch } = runtime().config.access;
  if (session.mode !== mode || session.epoch !== sessionEpoch) return undefined;
  const { idleExpiresAt } = endsOf(session);
  return Date.now() < idleExpiresAt ? session : undefined;
}

function userOfOidc({ name, groups = [] }: Session): User | undefined {
  const role = roleFor(runtime().config.access.roleOf, name, groups);
  return role && { name, role, mode: 'oidc', groups };
}

/** Whether the settings ask for a group: a cookie has no room for all that somebody is in. */
function isAsked(group: string): boolean {
  const {
    config: { access },
    servers,
  } = runtime();
  return (
    Object.values(access.roleOf).some((list) => list.includes(group)) ||
    [...servers.values()].some(({ config }) => config.access?.some(({ who }) => who.includes(group)))
  );
}

/** Kept in memory only: a cookie has no room for it, and without it the provider merely asks once more. */
function keepIdToken(sid: string, idToken: string): void {
  const kept = idTokens();
  const [oldest] = kept.keys();
  if (kept.size >= mostIdTokens && oldest !== undefined) kept.delete(oldest);
  kept.set(sid, idToken);
}

const ended = () => notSignedIn('Your session has ended. Sign in again.', 'session_expired');
