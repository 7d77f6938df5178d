'use client';

import { type RefObject, useEffect, useState } from 'react';
import { useSession, useWhyNotOn } from '@/lib/client/session';
import { sameTyped } from '@/lib/format';
import { Button } from '../ui/button';
import { visible } from '../ui/highlight';
import type { Protocol } from './use-protocol';
import { useValidity, Validity } from './validity';
import { actingWords, typedWords } from './words';

/** How long after a preview took the place of a form its button stays off, ms: a second click was meant for the form. */
const settleMs = 500;

/** The foot of a preview: how long it is valid, the safe button, and the one that acts. */
export function PreviewFooter({
  protocol,
  typed,
  safe,
  safeLabel,
  onBack,
  onClose,
}: {
  protocol: Protocol;
  typed: string;
  safe: RefObject<HTMLButtonElement | null>;
  safeLabel: string;
  /** Back to the form that it came from; undefined: it came from none. */
  onBack: (() => void) | undefined;
  onClose: () => void;
}) {
  const { preview, previewing, previewedAt, renew, execute, executing, executeError } = protocol;
  const leftMs = useValidity(preview, previewedAt);
  const settled = useSettled(onBack !== undefined ? preview?.previewId : undefined);
  const again = executeError?.code === 'target_changed' || executeError?.status === 410;
  const missing = preview?.confirm === 'typed' && !sameTyped(typed, preview.confirmText);
  const off = executing
    ? 'It is on its way.'
    : leftMs === 0
      ? 'The preview has expired: renew it.'
      : missing
        ? `Type ${typedWords(preview?.confirmText ?? '')} first.`
        : settled
          ? undefined
          : 'It was shown just now.';
  return (
    <>
      {preview && !preview.onlyShown && <Validity leftMs={leftMs} busy={previewing} onRenew={renew} />}
      <span className="dialog-acts">
        {onBack && (
          <Button key="back" large onClick={onBack}>
            Back
          </Button>
        )}
        <Button key="safe" ref={safe} large onClick={onClose}>
          {preview && !preview.onlyShown ? safeLabel : 'Close'}
        </Button>
        {again || (!preview && !previewing) ? (
          <Button key="again" large look="primary" onClick={renew} off={previewing && 'It is being asked.'}>
            Preview again
          </Button>
        ) : (
          preview &&
          !preview.onlyShown && (
            <Button
              key="act"
              acts={preview}
              large
              look={preview.confirm === 'typed' ? 'danger' : 'primary'}
              off={off}
              className="button-wrap"
              onClick={() => execute(preview.confirm === 'typed' ? typed : undefined)}
            >
              {executing ? 'Running' : <bdi>{visible(actingWords(preview))}</bdi>}
            </Button>
          )
        )}
      </span>
    </>
  );
}

function useSettled(previewId: string | undefined): boolean {
  const [settled, setSettled] = useState<string>();
  useEffect(() => {
    if (previewId === undefined) return;
    const timer = setTimeout(() => setSettled(previewId), settleMs);
    return () => clearTimeout(timer);
  }, [previewId]);
  return previewId === undefined || settled === previewId;
}

/** The foot of a run: stop or approve it while it is not over, and close. */
export function RunFooter({
  protocol: { run, moving, cancel, cancelling, approve, approving },
  safe,
  onClose,
}: {
  protocol: Protocol;
  safe: RefObject<HTMLButtonElement | null>;
  onClose: () => void;
}) {
  const whyNot = useWhyNotOn(run?.server ?? '');
  const own = run?.user === useSession()?.user.name;
  return (
    <>
      <span className="push" />
      {moving && run?.cancellable && (
        <Button
          key="stop"
          large
          onClick={cancel}
          off={whyNot({ role: 'operator', target: run.target }) ?? (cancelling && 'The cancel is on its way.')}
        >
          {run.status === 'running' ? 'Stop it' : 'Withdraw it'}
        </Button>
      )}
      {run?.status === 'awaiting_approval' && (
        <Button
          key="approve"
          acts={{ role: 'admin', target: run.target }}
          large
          look="primary"
          onClick={approve}
          off={own ? 'You asked for it: somebody else approves it.' : approving && 'The approval is on its way.'}
        >
          Approve
        </Button>
      )}
      <Button key="close" ref={safe} large onClick={onClose}>
        Close
      </Button>
    </>
  );
}
