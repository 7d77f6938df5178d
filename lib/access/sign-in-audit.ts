import { log, safeError } from '@/lib/metrics/log';
import { requests } from '@/lib/metrics/request';
import { runtime } from '@/lib/runtime';
import type { UserMode } from './user';

/**
 * Writes down that somebody signed in, failed to, or signed out. Where the audit cannot be written the log says it and
 * the sign-in goes on: who comes because the disk is full must be able to look, and acts on nothing without the audit.
 */
export async function auditSignIn(
  event: 'login_ok' | 'login_fail' | 'logout',
  user: { name: string; role: string; mode: UserMode },
  message: string,
): Promise<void> {
  const requestId = requests.getStore()?.requestId ?? '';
  await runtime()
    .audit.write({ event, requestId, user, message })
    .catch((error) => log.error({ err: safeError(error), event, user: user.name }, 'a sign-in could not be audited'));
}
