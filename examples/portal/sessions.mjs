import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { portal, users } from './settings.mjs';

// The portal's own sign-in, as small as it can be: it stands for the one that your portal has.

const hours = 8;
const sessions = new Map();
const secure = portal.startsWith('https:') ? '; Secure' : '';
const cookie = (value, seconds) => `portal=${value}; HttpOnly; SameSite=Lax; Path=/; Max-Age=${seconds}${secure}`;
const digest = (text) => createHash('sha256').update(text).digest();

/** The `Set-Cookie` of a new session; undefined where name and password do not belong together. */
export function signIn(name, password) {
  const user = users.get(name);
  const right = timingSafeEqual(digest(password), digest(user?.password ?? randomBytes(16)));
  if (!user || !right) return undefined;
  const id = randomBytes(32).toString('base64url');
  sessions.set(id, { user, until: Date.now() + hours * 3_600_000 });
  return cookie(id, hours * 3600);
}

/** Who sent a request; undefined where nobody is signed in. */
export function userOf(request) {
  const session = sessions.get(idOf(request));
  return session && session.until > Date.now() ? session.user : undefined;
}

/** Ends a session; gives the `Set-Cookie` that takes it away. */
export function signOut(request) {
  sessions.delete(idOf(request));
  return cookie('', 0);
}

function idOf({ headers }) {
  return /(?:^|; )portal=([\w-]+)/.exec(headers.cookie ?? '')?.[1];
}
