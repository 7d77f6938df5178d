'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Run } from '@/lib/actions/protocol';
import { announce } from '@/lib/client/announce';
import { isMoving, runQuery } from '@/lib/client/queries';
import { type RequestError, request } from '@/lib/client/request';

/** A run as it is now, and what can be done about it. */
export type Watched = {
  run: Run | undefined;
  /** Whether the run may still change. */
  moving: boolean;
  /** Why it is not known, or no longer answered for. */
  error: RequestError | null;
  cancel: () => void;
  cancelling: boolean;
  cancelError: RequestError | null;
  approve: () => void;
  approving: boolean;
  approveError: RequestError | null;
};

/**
 * Follows a run until it has ended, whoever started it; `started` is the answer that it began with. When it ends what it
 * changed is asked anew. Another id begins anew.
 */
export function useRun(server: string, runId: string | undefined, started?: Run): Watched {
  const client = useQueryClient();
  const polled = useQuery({
    ...runQuery(runId ?? ''),
    enabled: runId !== undefined && (started === undefined || isMoving(started)),
  });
  const run = runId === undefined ? undefined : (polled.data ?? started);
  const moving = isMoving(run);
  const ask = (what: 'cancel' | 'approve') => (id: string) =>
    request<Run>(`/api/runs/${encodeURIComponent(id)}/${what}`, { body: {} });
  const settled = () => {
    client.invalidateQueries({ queryKey: ['runs'] });
    return polled.refetch();
  };
  const cancelling = useMutation<Run, RequestError, string>({ mutationFn: ask('cancel'), onSettled: settled });
  const approving = useMutation<Run, RequestError, string>({ mutationFn: ask('approve'), onSettled: settled });

  const { reset: resetCancel } = cancelling;
  const { reset: resetApprove } = approving;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was said of another run is not of this one
  useEffect(() => {
    resetCancel();
    resetApprove();
  }, [runId, resetCancel, resetApprove]);

  // Only the end that was watched is told: a run that is opened afterwards stands there in full.
  const watched = useRef<string>(undefined);
  if (moving && run) watched.current = run.runId;
  const ended = run && !moving ? run : undefined;
  const isOwn = started !== undefined;
  useEffect(() => {
    if (!ended || !(isOwn || watched.current === ended.runId)) return;
    announce(ended.message);
    for (const key of [['topic', server], ['findings', server], ['audit'], ['runs'], ['choices', server]])
      client.invalidateQueries({ queryKey: key });
  }, [ended, isOwn, client, server]);

  return {
    run,
    moving,
    error: polled.error as RequestError | null,
    cancel: () => run && cancelling.mutate(run.runId),
    cancelling: cancelling.isPending,
    cancelError: cancelling.error,
    approve: () => run && approving.mutate(run.runId),
    approving: approving.isPending,
    approveError: approving.error,
  };
}
