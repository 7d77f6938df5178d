import { log, safeError } from '@/lib/metrics/log';
import { requests } from '@/lib/metrics/request';
import { runtime } from '@/lib/runtime';
import type { ApiError } from './errors';
import { personOf, type User } from './user';

/** Who was refused, as far as it was known by then. */
export type Refused = { user: User | undefined; server: string | undefined };

/** So many lines of one person at once, and one more each minute: who is refused must not fill the disk. */
const atOnce = 20;
const everyMs = 60_000;
const mostPeople = 1000;

type Allowance = { left: number; at: number; unwritten: number };
const people = new Map<string, Allowance>();

/**
 * Tells of a refusal (403): one to do something stands in the audit, unless whoever refused it wrote it down already; one to
 * see something only in the log. Nothing waits for it.
 */
export function noteDenied(error: ApiError, request: Request, safe: boolean, { user, server }: Refused): void {
  const path = new URL(request.url).pathname.slice(0, 200);
  const told = { method: request.method, path, code: error.code };
  const requestId = requests.getStore()?.requestId;
  log.info({ requestId, ...told, user: user?.name, server }, 'refused');
  if (safe || error.audited) return;
  error.audited = true;
  const allowance = allowanceOf(user ? JSON.stringify([user.mode, user.name]) : '');
  if (allowance.left < 1) {
    allowance.unwritten++;
    return;
  }
  allowance.left--;
  const { unwritten } = allowance;
  allowance.unwritten = 0;
  const watched = server === undefined ? undefined : runtime().servers.get(server);
  runtime()
    .audit.write({
      event: 'denied',
      ...(server !== undefined && { server }),
      ...(watched && { cluster: watched.connections.capabilities?.systemIdentifier ?? null }),
      ...(requestId !== undefined && { requestId }),
      ...(user && { user: personOf(user) }),
      ...told,
      status: error.status,
      message: error.message,
      ...(unwritten > 0 && { unwritten }),
    })
    .catch((cause) => log.error({ err: safeError(cause) }, 'a line of event denied could not be written'));
}

function allowanceOf(person: string): Allowance {
  const now = Date.now();
  const known = people.get(person) ?? { left: atOnce, at: now, unwritten: 0 };
  const earned = Math.max(0, Math.floor((now - known.at) / everyMs));
  const allowance = { ...known, left: Math.min(atOnce, known.left + earned), at: known.at + earned * everyMs };
  people.delete(person);
  people.set(person, allowance);
  const [oldest] = people.keys();
  if (people.size > mostPeople && oldest !== undefined) people.delete(oldest);
  return allowance;
}
