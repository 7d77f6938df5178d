import { durationInWords, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import { type Check, type Draft, isNotJudged, rowsOf } from './check';
import { who } from './words';

type Session = Row<'locks'>;

/** Whether sessions wait too long, or too many wait, for another session's lock; one finding for each root. */
export const sessionsBlocked: Check = {
  id: 'sessions-blocked',
  title: 'Sessions blocked',
  topics: ['locks'],
  judge: (input) => {
    const seen = rowsOf(input, 'locks');
    if (isNotJudged(seen)) return seen;
    const waiting = seen.rows.filter((row) => row.waits_seconds !== null);
    const { blockedSeconds, blockedWaiters, blockedWaitersSeconds } = input.limits;

    const findings: Draft[] = [];
    for (const root of seen.rows.filter((row) => row.root)) {
      const waiters = waiting
        .filter((row) => row.root_pid === root.pid && row.pid !== root.pid)
        .sort((a, b) => (b.waits_seconds ?? 0) - (a.waits_seconds ?? 0));
      const longest = waiters[0]?.waits_seconds ?? 0;
      if (longest < blockedSeconds) continue;
      const last = waiters[blockedWaiters - 1]?.waits_seconds ?? 0;
      const critical = blockedWaiters > 0 && last >= blockedWaitersSeconds;
      findings.push({
        severity: critical ? 'critical' : 'warning',
        title: `${waiters.length === 1 ? '1 session waits' : `${plural(waiters.length, 'session')} wait`} behind ${named(root)}.`,
        detail: [
          `${whatItDoes(root)}; the longest waiter has waited ${durationInWords(longest)}.`,
          queueIn(waiters),
          critical
            ? `Critical from ${plural(blockedWaiters, 'waiter')} for ${durationInWords(blockedWaitersSeconds)}.`
            : `Warning from a wait of ${durationInWords(blockedSeconds)}.`,
        ]
          .filter(Boolean)
          .join(' '),
        evidence: [
          { name: 'waiting', value: waiters.length, unit: 'sessions', limit: blockedWaiters },
          {
            name: 'waits_seconds',
            value: longest,
            unit: 'seconds',
            limit: critical ? blockedWaitersSeconds : blockedSeconds,
          },
        ],
        confidence: 'high',
        object: { kind: 'session', database: root.datname, schema: null, name: String(root.pid) },
        ...remedyFor(root),
        key: `${root.pid}:${root.backend_start_us ?? ''}`,
        sinceSeconds: critical ? last - blockedWaitersSeconds : longest - blockedSeconds,
      });
    }
    const pids = new Set(seen.rows.map(({ pid }) => pid));
    const behindOthers = waiting.filter(
      ({ root_pid, waits_seconds }) => (waits_seconds ?? 0) >= blockedSeconds && !pids.has(root_pid),
    );
    return {
      findings,
      // Where only some databases are looked at, who stands in the way can be in another one.
      ...(behindOthers.length > 0 && {
        notJudged: {
          because: `${plural(behindOthers.length, 'session waits', 'sessions wait')} for one that is not among those looked at.`,
        },
      }),
      sentence:
        waiting.length === 0
          ? 'No session waits for a lock'
          : `${plural(waiting.length, 'session')} ${waiting.length === 1 ? 'waits' : 'wait'} for a lock, none for as long as ${durationInWords(blockedSeconds)}`,
    };
  },
};

function named(root: Session): string {
  return root.pid === 0 ? 'a prepared transaction' : `session ${root.pid}`;
}

function whatItDoes(root: Session): string {
  const held = root.holds.map((lock) => `${lock.mode} on ${lock.object}`).join(', ');
  const holds = held ? ` and holds ${held}` : '';
  if (root.pid === 0) return `A transaction was prepared and neither committed nor rolled back${holds}`;
  const name = who(root);
  if (root.state?.startsWith('idle in transaction'))
    return `${name} has been ${root.state} for ${durationInWords(root.state_seconds ?? 0)}${holds}`;
  if (root.state === null) return `What ${name} does is hidden from this role${held ? `; it holds ${held}` : ''}`;
  return `${name} has run its statement for ${durationInWords(root.query_seconds ?? 0)}${holds}`;
}

/** A waiter in the queue that itself keeps others waiting: ending it frees those at once. */
function queueIn(waiters: Session[]): string | undefined {
  const [gate] = [...waiters].sort((a, b) => b.frees - a.frees);
  if (!gate || gate.frees === 0) return undefined;
  return `Session ${gate.pid} waits for ${gate.wants_mode} on ${gate.wants_object}; ${plural(gate.frees, 'session')} ${gate.frees === 1 ? 'stands' : 'stand'} behind that.`;
}

function remedyFor(root: Session): Pick<Draft, 'remedy'> {
  if (root.pid === 0 || !root.backend_start_us) return {};
  const identity = { kind: 'backend' as const, pid: root.pid, backend_start_us: root.backend_start_us };
  // A statement under way can be cancelled, which keeps the session; one that is idle has nothing to cancel.
  if (root.state === 'active' && root.query_start_us)
    return { remedy: { action: 'cancel', target: { ...identity, query_start_us: root.query_start_us } } };
  return { remedy: { action: 'terminate', target: identity } };
}
