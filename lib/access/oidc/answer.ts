import { log, safeError } from '@/lib/metrics/log';
import { runtime } from '@/lib/runtime';
import { ApiError } from '../errors';
import { safeNext } from '../next-path';
import { once } from '../once';
import { startSession } from '../session/session';
import { auditSignIn } from '../sign-in-audit';
import { roleFor } from '../user';
import { type SignInProblem, SignInRefused } from './problems';
import { oidcConfig, ProviderUnavailable } from './provider';
import { beginSignIn, finishSignIn, forgetSignIn, publicAddress } from './sign-in';

/** Lines of the audit that strangers can cause, a minute; more are only logged. */
const mostStrangers = 30;

/** Leads to the provider; where it does not answer, to the sign-in page with the reason. */
export async function answerStart(next: string | undefined, again: boolean): Promise<Response> {
  oidcConfig();
  try {
    const { location, cookie } = await beginSignIn(next, again);
    return leadTo(location, cookie);
  } catch (error) {
    if (!(error instanceof ProviderUnavailable)) throw error;
    return leadTo(signInPage('provider', safeNext(next)));
  }
}

/** Lets somebody in who comes back from the provider; or leads to the sign-in page with the reason why not. */
export async function answerCallback(request: Request): Promise<Response> {
  oidcConfig();
  try {
    const { person, next } = await finishSignIn(request);
    const session = await startSession(person).catch((error: unknown) => {
      throw error instanceof ApiError ? new SignInRefused('too_many', person.name, { cause: error }) : error;
    });
    const role = roleFor(runtime().config.access.roleOf, person.name, person.groups ?? []) ?? 'none';
    await auditSignIn('login_ok', { name: person.name, role, mode: 'oidc' }, 'Signed in at the provider.');
    return leadTo(publicAddress() + next, session, forgetSignIn());
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    log.info({ problem: error.problem, err: safeError(error) }, 'a sign-in did not lead in');
    if (error.person !== undefined || (error.problem !== 'expired' && mayTellOfStranger()))
      await auditSignIn('login_fail', { name: error.person ?? 'unknown', role: 'none', mode: 'oidc' }, error.message);
    return leadTo(signInPage(error.problem, error.next), forgetSignIn());
  }
}

function signInPage(error: SignInProblem, next: string): string {
  return `${publicAddress()}/signin?${new URLSearchParams({ error, ...(next !== '/' && { next }) })}`;
}

function leadTo(location: string, ...cookies: string[]): Response {
  const headers = new Headers({ location });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 302, headers });
}

function mayTellOfStranger(): boolean {
  const told = once('oidc-strangers', () => ({ minute: 0, lines: 0 }));
  const minute = Math.floor(Date.now() / 60_000);
  if (told.minute !== minute) Object.assign(told, { minute, lines: 0 });
  return ++told.lines <= mostStrangers;
}
