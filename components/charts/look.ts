/** How one column of a series is drawn. `quiet`: a large class that matters little (idle), in a light tone. */
export type ColumnLook = { column: string; label: string; color: string; quiet?: boolean };

/** A limit with its meaning: a fixed value or the newest one of a column. */
export type Limit = { label: string; value: number };

/** Colours of the ten wait classes, in their fixed order from the bottom of a stack. */
export const waitLooks: ColumnLook[] = [
  { column: 'cpu', label: 'CPU', color: 'var(--wait-cpu)' },
  { column: 'io', label: 'IO', color: 'var(--wait-io)' },
  { column: 'lock', label: 'Lock', color: 'var(--wait-lock)' },
  { column: 'lwlock', label: 'LWLock', color: 'var(--wait-lwlock)' },
  { column: 'ipc', label: 'IPC', color: 'var(--wait-ipc)' },
  { column: 'client', label: 'Client', color: 'var(--wait-client)' },
  { column: 'timeout', label: 'Timeout', color: 'var(--wait-timeout)' },
  { column: 'bufferpin', label: 'BufferPin', color: 'var(--wait-bufferpin)' },
  { column: 'activity', label: 'Activity', color: 'var(--wait-activity)' },
  { column: 'other', label: 'Other', color: 'var(--wait-other)' },
];

/** Colours of the states of connections, from the bottom of a stack. */
export const connectionLooks: ColumnLook[] = [
  { column: 'waiting', label: 'Waiting for a lock', color: 'var(--wait-lock)' },
  { column: 'idle_in_transaction', label: 'Idle in transaction', color: 'var(--wait-lwlock)' },
  { column: 'active', label: 'Active', color: 'var(--wait-cpu)' },
  { column: 'idle', label: 'Idle', color: 'var(--wait-other)', quiet: true },
  { column: 'other', label: 'Other', color: 'var(--wait-client)' },
];

/** The colour of a wait event type as PostgreSQL names it; nothing waited for is CPU. */
export function waitColor(waitEventType: string | null): string {
  const name = waitEventType?.toLowerCase() ?? 'cpu';
  return waitLooks.find((look) => look.column === name)?.color ?? 'var(--wait-other)';
}
