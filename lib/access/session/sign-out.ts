import { logOutAddress } from '../oidc/log-out';
import { auditSignIn } from '../sign-in-audit';
import { endSession, userOfSession } from './session';

/** Ends the session of a request for good. `next` is where a provider of sign-in ends its own. */
export async function signOut(headers: Headers): Promise<{ cookie: string; next: string | null }> {
  const user = await userOfSession(headers).catch(() => undefined);
  const { cookie, session, idToken } = await endSession(headers);
  if (!session) return { cookie, next: null };
  const { name, mode } = session;
  await auditSignIn('logout', { name, role: user?.role ?? 'none', mode }, 'Signed out.');
  return { cookie, next: mode === 'oidc' ? await logOutAddress(idToken) : null };
}
