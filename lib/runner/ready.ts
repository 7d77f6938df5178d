import type { Server } from '@/lib/runtime';

/** The share of connection slots from which the way out is kept open. */
const crowded = 0.7;

/**
 * Opens a server's connection for signals when trouble shows (somebody waits for a lock, or slots run short), and keeps
 * it: once slots have run out or sign-in hangs, only a connection that is already open can end the cause.
 */
export function keepReady({ sampler, connections }: Server): void {
  sampler.subscribe((topic) => {
    if (topic !== 'connections') return;
    const answer = sampler.latest(topic);
    if (answer?.status !== 'ok') return;
    const rows = answer.rows as { connections: number; wait_event_type: string | null; ceiling: number }[];
    const taken = rows.reduce((sum, row) => sum + row.connections, 0);
    const ceiling = rows[0]?.ceiling ?? Number.POSITIVE_INFINITY;
    if (taken >= crowded * ceiling || rows.some((row) => row.wait_event_type === 'Lock')) connections.prepareSignals();
  });
}
