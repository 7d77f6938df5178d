'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import type { Preview, PreviewBody, Run } from '@/lib/actions/protocol';
import { announce } from '@/lib/client/announce';
import { isMoving, runQuery } from '@/lib/client/queries';
import { type RequestError, request } from '@/lib/client/request';

/** An action on its way: previewed, confirmed, run, verified. */
export type Protocol = {
  preview: Preview | undefined;
  previewError: RequestError | null;
  previewing: boolean;
  /** When the preview arrived, ms: its validity counts from there. */
  previewedAt: number;
  /** Asks for the preview (again): what it shows is the state of now. */
  renew: () => void;
  execute: (confirmText?: string) => void;
  executing: boolean;
  executeError: RequestError | null;
  run: Run | undefined;
  /** Whether the run may still change. */
  moving: boolean;
  cancel: () => void;
  cancelling: boolean;
  cancelError: RequestError | null;
};

/** Walks one action through preview, execution and its run. `body` undefined: nothing is asked. */
export function useProtocol(server: string, body: PreviewBody | undefined): Protocol {
  const client = useQueryClient();
  const path = `/api/servers/${encodeURIComponent(server)}/actions`;
  const keys = useRef(new Map<string, string>());

  const previewing = useMutation<Preview, RequestError, PreviewBody>({
    mutationFn: (wanted) => request<Preview>(`${path}/preview`, { body: wanted }),
  });
  const executing = useMutation<Run, RequestError, { previewId: string; confirmText?: string }>({
    mutationFn: ({ previewId, confirmText }) =>
      request<Run>(`${path}/execute`, {
        body: {
          previewId,
          // The same key for the same preview: a second click, or a try after a lost answer, runs nothing twice.
          idempotencyKey: keyOf(keys.current, previewId),
          ...(confirmText && { confirmText }),
        },
      }),
  });
  const started = executing.data;
  const polled = useQuery({ ...runQuery(started?.runId ?? ''), enabled: started !== undefined && isMoving(started) });
  const run = polled.data ?? started;
  const moving = isMoving(run);
  const cancelling = useMutation<Run, RequestError, string>({
    mutationFn: (runId) => request<Run>(`/api/runs/${encodeURIComponent(runId)}/cancel`, { body: {} }),
    onSettled: () => polled.refetch(),
  });

  const { mutate: ask, reset: resetPreview } = previewing;
  const { reset: resetRun } = executing;
  const { reset: resetCancel } = cancelling;
  useEffect(() => {
    resetPreview();
    resetRun();
    resetCancel();
    if (body) ask(body);
  }, [body, ask, resetPreview, resetRun, resetCancel]);

  const ended = run && !moving ? run : undefined;
  useEffect(() => {
    if (!ended) return;
    announce(ended.message);
    for (const key of [['topic', server], ['findings', server], ['audit'], ['runs']])
      client.invalidateQueries({ queryKey: key });
  }, [ended, client, server]);

  const preview = previewing.data;
  return {
    preview,
    previewError: previewing.error,
    previewing: previewing.isPending,
    previewedAt: previewing.submittedAt,
    renew: useCallback(() => {
      resetRun();
      if (body) ask(body);
    }, [ask, body, resetRun]),
    execute: (confirmText) =>
      preview && executing.mutate({ previewId: preview.previewId, ...(confirmText && { confirmText }) }),
    executing: executing.isPending,
    executeError: executing.error,
    run,
    moving,
    cancel: () => run && cancelling.mutate(run.runId),
    cancelling: cancelling.isPending,
    cancelError: cancelling.error,
  };
}

function keyOf(keys: Map<string, string>, previewId: string): string {
  let key = keys.get(previewId);
  if (!key) {
    // randomUUID() is only there on HTTPS and on this computer.
    key = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    keys.set(previewId, key);
  }
  return key;
}
