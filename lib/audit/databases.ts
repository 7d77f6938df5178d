import type { AuditEntry } from '@/lib/actions/protocol';

/** The databases that a line is about; null: none that it names, so the server as a whole. */
export function databasesOf({ databases, target }: Pick<AuditEntry, 'databases' | 'target'>): string[] | null {
  if (Array.isArray(databases)) {
    const names = databases.filter((name) => typeof name === 'string');
    return names.length > 0 && names.length === databases.length ? names : null;
  }
  if (databases === null) return null;
  // Lines of before do not say it; those of the whole server have the database that the statement was run in.
  const { kind, database } = (target ?? {}) as { kind?: unknown; database?: unknown };
  const ofServer = ['server', 'setting', 'slot', 'prepared', 'statement'].includes(String(kind));
  return typeof database === 'string' && database !== '' && !ofServer ? [database] : null;
}
