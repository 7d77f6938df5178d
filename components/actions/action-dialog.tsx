'use client';

import { useEffect, useRef, useState } from 'react';
import type { PreviewBody } from '@/lib/actions/protocol';
import type { RequestError } from '@/lib/client/request';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { Note } from '../ui/note';
import { ActionPreview, TypedConfirm } from './action-preview';
import { ActionResult } from './action-result';
import { type Protocol, useProtocol } from './use-protocol';
import { useValidity, Validity } from './validity';
import { actingWords, safeWords } from './words';

/**
 * The dialog of an action: question, effect, who and what, side effects, exact SQL, confirmation. The first focus is on
 * the safe button; the result replaces the body. `body` undefined: closed.
 */
export function ActionDialog({
  server,
  body,
  onClose,
}: {
  server: string;
  body: PreviewBody | undefined;
  onClose: () => void;
}) {
  // While it closes it still shows what it showed.
  const [shown, setShown] = useState(body);
  if (body && body !== shown) setShown(body);
  const protocol = useProtocol(server, body);
  const [typed, setTyped] = useState('');
  const safe = useRef<HTMLButtonElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another action begins with an empty field
  useEffect(() => setTyped(''), [body]);
  const { preview, run } = protocol;
  return (
    <Dialog
      open={body !== undefined}
      onOpenChange={(open) => open || onClose()}
      initialFocus={safe}
      title={run ? run.title.replace(/\?\s*$/, '') : (preview?.title ?? 'What would be done')}
      lead={run ? undefined : (preview?.effect ?? 'The server is asked what it would do. Nothing is done yet.')}
      footer={
        <Footer
          protocol={protocol}
          typed={typed}
          safe={safe}
          safeLabel={shown ? safeWords(shown.target.kind) : 'Close'}
          onClose={onClose}
        />
      }
    >
      <Body server={server} protocol={protocol} typed={typed} onType={setTyped} />
    </Dialog>
  );
}

function Body({
  server,
  protocol,
  typed,
  onType,
}: {
  server: string;
  protocol: Protocol;
  typed: string;
  onType: (text: string) => void;
}) {
  const { preview, previewError, executeError, run, moving, cancelError } = protocol;
  if (run)
    return (
      <>
        <ActionResult server={server} run={run} moving={moving} />
        {cancelError && <Failure title="Not cancelled." error={cancelError} />}
      </>
    );
  const mismatch = executeError?.code === 'confirm_mismatch';
  return (
    <>
      {previewError && <Failure title="No preview." error={previewError} />}
      {preview && <ActionPreview preview={preview} />}
      {!preview && !previewError && <div className="panel-waiting" style={{ height: 200 }} aria-busy="true" />}
      {executeError && !mismatch && (
        <Failure
          title={executeError.code === 'target_changed' ? 'It changed meanwhile.' : 'Not done.'}
          error={executeError}
        />
      )}
      {preview?.confirm === 'typed' && preview.confirmText !== undefined && (
        <TypedConfirm
          expected={preview.confirmText}
          value={typed}
          error={mismatch ? executeError?.message : undefined}
          onChange={onType}
          onEnter={() => protocol.execute(typed.trim())}
        />
      )}
    </>
  );
}

function Footer({
  protocol,
  typed,
  safe,
  safeLabel,
  onClose,
}: {
  protocol: Protocol;
  typed: string;
  safe: React.RefObject<HTMLButtonElement | null>;
  safeLabel: string;
  onClose: () => void;
}) {
  const { preview, previewing, previewedAt, renew, execute, executing, executeError, run, moving, cancel, cancelling } =
    protocol;
  const leftMs = useValidity(preview, previewedAt);
  if (run)
    return (
      <>
        <span className="push" />
        {moving && run.cancellable && (
          <Button large onClick={cancel} off={cancelling && 'The cancel is on its way.'}>
            Stop it
          </Button>
        )}
        <Button ref={safe} large onClick={onClose}>
          Close
        </Button>
      </>
    );
  const again = executeError?.code === 'target_changed' || executeError?.status === 410;
  const missing = preview?.confirm === 'typed' && typed.trim() !== preview.confirmText;
  const off = executing
    ? 'It is on its way.'
    : leftMs === 0
      ? 'The preview has expired: renew it.'
      : missing
        ? `Type ${preview?.confirmText} first.`
        : undefined;
  return (
    <>
      {preview && <Validity leftMs={leftMs} busy={previewing} onRenew={renew} />}
      <span className="push" />
      <Button ref={safe} large onClick={onClose}>
        {preview ? safeLabel : 'Close'}
      </Button>
      {again || (!preview && !previewing) ? (
        <Button large look="primary" onClick={renew} off={previewing && 'It is being asked.'}>
          Preview again
        </Button>
      ) : (
        preview && (
          <Button
            large
            look={preview.confirm === 'typed' ? 'danger' : 'primary'}
            off={off}
            onClick={() => execute(preview.confirm === 'typed' ? typed.trim() : undefined)}
          >
            {executing ? 'Running' : actingWords(preview)}
          </Button>
        )
      )}
    </>
  );
}

/** Why something was not done: what happened and what to do, with the ids that help to find it in the log. */
export function Failure({ title, error }: { title: string; error: RequestError }) {
  return (
    <Note state="critical" role="alert">
      <p>
        <b>{title}</b> {error.message}
      </p>
      {error.requestId && (
        <p className="muted text-xs">
          {error.code} · request {error.requestId}
        </p>
      )}
    </Note>
  );
}
