import { nameProblem } from '@/lib/config-people';
import { ApiError } from '../errors';
import { once } from '../once';
import { startSession } from '../session/session';
import { auditSignIn } from '../sign-in-audit';
import { knownBrowser, rememberBrowser } from './browser';
import { isPassword } from './hash';
import { SignInLimits } from './limits';
import { Turn } from './turn';
import { findUser, fingerprintOf } from './users';

/**
 * Signs somebody in by name and password; returns the cookies. Throws 401, with one sentence for every reason and after
 * the same work, or 429.
 */
export async function signIn(typed: string, password: string, headers: Headers): Promise<string[]> {
  const name = typed.trim().toLowerCase();
  // What is no name is perhaps a password in the wrong field: it is neither kept nor counted by itself.
  const shown = nameProblem(name) === undefined ? name : '(no name of a user)';
  const browser = await knownBrowser(headers, name);
  const attempt = once('sign-in-limits', () => new SignInLimits()).begin(shown, browser);
  const entry = await findUser(name);
  const right = await once('sign-in-turn', () => new Turn()).take(() => isPassword(password, entry?.password));
  if (!entry || !right) {
    await auditSignIn('login_fail', { name: shown, role: 'none', mode: 'password' }, 'Name or password was wrong.');
    throw new ApiError(401, 'bad_credentials', 'Name or password is wrong.');
  }
  attempt.succeeded();
  await auditSignIn('login_ok', { name, role: entry.role, mode: 'password' }, 'Signed in with a password.');
  return [
    await startSession({ mode: 'password', sub: name, name, fingerprint: fingerprintOf(entry) }),
    await rememberBrowser(name, browser),
  ];
}
