import type { ApiError } from '@/lib/access/errors';
import { personOf, type User } from '@/lib/access/user';
import type { Preview } from '@/lib/actions/protocol';
import type { Audit, AuditRecord } from '@/lib/audit/audit';
import { maskLiterals } from '@/lib/masking/message';
import { requests } from '@/lib/metrics/request';
import type { Server } from '@/lib/runtime';

/** What somebody asked for, as far as it is known: the preview, or the request for one. */
export type Asked = Pick<Preview, 'action' | 'target'> &
  Partial<Pick<Preview, 'previewId' | 'title' | 'role' | 'members'>>;

/**
 * Writes down what was asked and not (or not yet) run: that a preview was made or, with the `refusal`, that it was denied.
 * Nothing acts on it, so nothing waits for it, and where it cannot be written the log says so.
 */
export function noteAsked(audit: Audit, server: Server, user: User, asked: Asked, refusal?: ApiError): void {
  const { action, target, previewId, title, role, members } = asked;
  if (refusal) refusal.audited = true;
  const requestId = requests.getStore()?.requestId;
  const record: AuditRecord = {
    event: refusal ? 'denied' : 'preview',
    server: server.config.id,
    cluster: server.connections.capabilities?.systemIdentifier ?? null,
    ...(requestId !== undefined && { requestId }),
    user: personOf(user),
    action,
    ...(previewId !== undefined && { previewId }),
    ...(title !== undefined && { title }),
    // Who the sessions of a bulk action are stands in the intent.
    target: { ...target, ...(members?.length === 1 && { members }) },
    ...(role !== undefined && { role }),
    ...(refusal && { status: refusal.status, code: refusal.code, message: maskLiterals(refusal.message) }),
  };
  void audit.note(record);
}
