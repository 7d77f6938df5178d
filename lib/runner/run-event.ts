import type { Run } from '@/lib/actions/protocol';
import type { NewEvent } from '@/lib/history/server-changes';
import { maskLiterals } from '@/lib/masking/message';

/** A run that has ended as a change of its server: what was done, by whom, with what result. */
export function runEvent(run: Run): NewEvent {
  const { runId, action, title, target, user, status, message, role, endedAt } = run;
  return {
    kind: 'action',
    title: `${title.replace(/\?$/, '')}: ${status.replaceAll('_', ' ')}`,
    detail: {
      run: runId,
      action,
      result: maskLiterals(message),
      role,
      ...('database' in target && { database: target.database }),
    },
    actor: user,
    ...(endedAt !== null && { at: Date.parse(endedAt) }),
  };
}
