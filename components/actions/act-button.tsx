'use client';

import { useState } from 'react';
import type { PreviewBody } from '@/lib/actions/protocol';
import { Button } from '../ui/button';
import { Popover } from '../ui/popover';
import { Failure } from './action-dialog';
import { ActionPreview } from './action-preview';
import { useAction } from './action-provider';
import { ActionResult } from './action-result';
import { useProtocol } from './use-protocol';
import { actingWords } from './words';

/**
 * A button for an action of one click: opens beside itself with the exact SQL, and runs it from there. Where this server
 * asks for more confirmation, it leads to the dialog.
 */
export function ActButton({
  server,
  body,
  label,
  children,
}: {
  server: string;
  body: PreviewBody;
  /** The button's name: verb and object, `Analyze public.orders`. */
  label: string;
  children?: React.ReactNode;
}) {
  const [asked, setAsked] = useState<PreviewBody>();
  const openDialog = useAction();
  const protocol = useProtocol(server, asked);
  const { preview, previewError, executeError, executing, run, moving } = protocol;
  return (
    <Popover
      wide
      title={run ? run.title.replace(/\?\s*$/, '') : (preview?.title ?? label)}
      open={asked !== undefined}
      onOpenChange={(open) => setAsked(open ? { ...body } : undefined)}
      trigger={<Button aria-label={label}>{children ?? label}</Button>}
    >
      <div className="mt-2 grid gap-2.5">
        {run ? (
          <ActionResult server={server} run={run} moving={moving} />
        ) : (
          <>
            {preview && <p className="soft">{preview.effect}</p>}
            {preview && <ActionPreview preview={preview} />}
            {previewError && <Failure title="No preview." error={previewError} />}
            {executeError && <Failure title="Not done." error={executeError} />}
            {!preview && !previewError && <p className="soft">The server is asked what it would do.</p>}
          </>
        )}
        <div className="actions">
          <span className="push" />
          <Button onClick={() => setAsked(undefined)}>{run ? 'Close' : 'Not now'}</Button>
          {run && moving && run.cancellable && <Button onClick={protocol.cancel}>Stop it</Button>}
          {!run && preview?.confirm === 'click' && (
            <Button
              look="primary"
              off={executing && 'It is on its way.'}
              onClick={() => (executeError?.status === 410 ? protocol.renew() : protocol.execute())}
            >
              {executing ? 'Running' : executeError?.status === 410 ? 'Preview again' : actingWords(preview)}
            </Button>
          )}
          {!run && preview && preview.confirm !== 'click' && (
            <Button
              look="primary"
              onClick={() => {
                setAsked(undefined);
                openDialog(body);
              }}
            >
              {actingWords(preview)}…
            </Button>
          )}
          {!run && previewError && (
            <Button look="primary" onClick={protocol.renew}>
              Preview again
            </Button>
          )}
        </div>
      </div>
    </Popover>
  );
}
