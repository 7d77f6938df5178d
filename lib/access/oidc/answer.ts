import { log, safeError } from '@/lib/metrics/log';
import { requests } from '@/lib/metrics/request';
import { runtime } from '@/lib/runtime';
import { ApiError } from '../errors';
import { safeNext } from '../next-path';
import { once } from '../once';
import { startSession } from '../session/session';
import { roleFor } from '../user';
import { SignInRefused } from './problems';
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
    const query = new URLSearchParams({ error: 'provider', next: safeNext(next) });
    return leadTo(`${publicAddress()}/signin?${query}`);
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
    await tell('login_ok', person.name, person.groups);
    return leadTo(publicAddress() + next, session, forgetSignIn());
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    log.info({ problem: error.problem, err: safeError(error) }, 'a sign-in did not lead in');
    if (error.person !== undefined || (error.problem !== 'expired' && mayTellOfStranger()))
      await tell('login_fail', error.person ?? 'unknown', [], error.problem);
    return leadTo(`${publicAddress()}/signin?error=${error.problem}`, forgetSignIn());
  }
}

function leadTo(location: string, ...cookies: string[]): Response {
  const headers = new Headers({ location });
  for (const cookie of cookies) headers.append('set-cookie', cookie);
  return new Response(null, { status: 302, headers });
}

/** Looking needs no line in the audit: one that cannot be written keeps nobody out. */
async function tell(event: string, name: string, groups: readonly string[] = [], reason?: string): Promise<void> {
  const { audit, config } = runtime();
  const role = roleFor(config.access.roleOf, name, groups) ?? 'none';
  const requestId = requests.getStore()?.requestId;
  await audit
    .write({
      event,
      user: { name, role, mode: 'oidc' },
      ...(requestId && { requestId }),
      ...(reason && { reason }),
    })
    .catch((error) => log.error({ err: safeError(error), event }, 'a sign-in could not be written into the audit'));
}

function mayTellOfStranger(): boolean {
  const told = once('oidc-strangers', () => ({ minute: 0, lines: 0 }));
  const minute = Math.floor(Date.now() / 60_000);
  if (told.minute !== minute) Object.assign(told, { minute, lines: 0 });
  return ++told.lines <= mostStrangers;
}
