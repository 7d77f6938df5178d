'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { AuditEntry } from '@/lib/actions/protocol';
import { useInterval } from '@/lib/client/live';
import { type AuditAsk, auditQuery } from '@/lib/client/queries';
import type { AuditAnswer } from '@/lib/client/shapes';
import { entryKey } from './entries';
import { auditPageSize } from './page-size';

/** Whether the audit can be written and where its chain does not hold, as `GET /api/audit` tells it. */
export type AuditState = {
  writable: boolean;
  problem?: string;
  breaks: { file: string; line: number; seq?: number }[];
  entries: number;
};

/** The audit of a server by its filters, newest first: follows the newest entries and keeps older ones that were loaded. */
export function useAudit(ask: AuditAsk) {
  const client = useQueryClient();
  const wanted = { ...ask, limit: auditPageSize };
  const newest = useQuery({ ...auditQuery(wanted), refetchInterval: useInterval(5000) });
  const asked = JSON.stringify(ask);
  const [loaded, setOlder] = useState<{ asked: string; entries: AuditEntry[]; next: number | null }>();
  const [loading, setLoading] = useState(false);
  const [problem, setProblem] = useState<string>();
  const older = loaded?.asked === asked ? loaded : undefined;
  const next = older ? older.next : (newest.data?.next ?? null);

  const entries = useMemo(() => {
    const all = new Map<string, AuditEntry>();
    for (const entry of [...(newest.data?.entries ?? []), ...(older?.entries ?? [])]) all.set(entryKey(entry), entry);
    return [...all.values()].sort((a, b) => b.ts.localeCompare(a.ts) || b.seq - a.seq);
  }, [newest.data, older]);

  const loadOlder = async () => {
    if (next === null || loading) return;
    setLoading(true);
    setProblem(undefined);
    try {
      const page: AuditAnswer = await client.fetchQuery(auditQuery({ ...wanted, before: next }));
      // What is loaded now is kept, for the newest page moves on.
      setOlder({ asked, entries: [...entries, ...page.entries], next: page.next });
    } catch (error) {
      setProblem((error as Error).message);
    } finally {
      setLoading(false);
    }
  };

  return {
    entries,
    state: newest.data?.state as AuditState | undefined,
    /** Whether the lines of other instances can be asked for. */
    copies: newest.data?.copies,
    /** Undefined before the first answer. */
    known: newest.data !== undefined,
    failure: newest.failureReason as Error | null,
    more: next !== null,
    loading,
    problem,
    loadOlder,
  };
}
