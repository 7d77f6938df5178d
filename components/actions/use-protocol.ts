'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useCallback, useEffect, useRef } from 'react';
import type { Preview, PreviewBody, Run } from '@/lib/actions/protocol';
import { type RequestError, request } from '@/lib/client/request';
import { useRun, type Watched } from './use-run';

/** An action on its way: previewed, confirmed, run, verified. */
export type Protocol = Watched & {
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
};

/**
 * Walks one action through preview, execution and its run; with `runId` it follows a run that was started before.
 * Neither: nothing is asked.
 */
export function useProtocol(server: string, body: PreviewBody | undefined, runId?: string): Protocol {
  const path = `/api/servers/${encodeURIComponent(server)}/actions`;
  const keys = useRef(new Map<string, string>());
  const client = useQueryClient();

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
    onSuccess: () => client.invalidateQueries({ queryKey: ['runs'] }),
  });
  const started = executing.data;
  const watched = useRun(server, runId ?? started?.runId, runId === undefined ? started : undefined);

  const { mutate: ask, reset: resetPreview } = previewing;
  const { reset: resetRun } = executing;
  useEffect(() => {
    resetPreview();
    resetRun();
    if (body) ask(body);
  }, [body, ask, resetPreview, resetRun]);

  const preview = previewing.data;
  return {
    ...watched,
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
