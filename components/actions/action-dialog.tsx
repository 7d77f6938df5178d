'use client';

import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import type { PreviewBody } from '@/lib/actions/protocol';
import { actionsQuery } from '@/lib/client/maintenance-queries';
import { useDatabase } from '@/lib/client/url-state';
import { useServer } from '../shell/use-server';
import { Button, OffReason } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { visible } from '../ui/highlight';
import { PreviewFooter, RunFooter } from './action-footer';
import { ActionPreview, TypedConfirm } from './action-preview';
import { ActionResult } from './action-result';
import { Failure } from './failure';
import { ActionForm } from './form/action-form';
import { bodyOf, type Draft, draftOf, isPlain, wrongDraft } from './form/draft';
import { actOf, type FormStart } from './form/start';
import { type Protocol, useProtocol } from './use-protocol';
import { safeWords, statement } from './words';

/** What the dialog is opened for: the preview of an action, a form that leads to one, or a run that was begun before. */
export type Wanted = { preview: PreviewBody } | { form: FormStart } | { runId: string };

const formId = 'action-form';
const firstField = 'form :is(input, select, textarea)';

/**
 * The dialog of an action: question, effect, who and what, side effects, exact SQL, confirmation. The first focus is on
 * the safe button; the result replaces the body. `wanted` undefined: closed.
 */
export function ActionDialog({
  server,
  wanted,
  onOpen,
  onClose,
}: {
  server: string;
  wanted: Wanted | undefined;
  /** Goes on to the preview of another action. */
  onOpen: (body: PreviewBody) => void;
  onClose: () => void;
}) {
  // While it closes it still shows what it showed.
  const [shown, setShown] = useState<Wanted>();
  const [sent, setSent] = useState<PreviewBody>();
  const [draft, setDraft] = useState<Draft>(draftOf({}));
  const [typed, setTyped] = useState('');
  const [tried, setTried] = useState(false);
  if (wanted && wanted !== shown) {
    setShown(wanted);
    setSent('preview' in wanted ? wanted.preview : undefined);
    setDraft(draftOf('form' in wanted ? wanted.form : {}));
    setTyped('');
    setTried(false);
  }
  const start = shown && 'form' in shown ? shown.form : undefined;
  const body = wanted && wanted === shown ? sent : undefined;
  const current = useProtocol(server, body, wanted && 'runId' in wanted ? wanted.runId : undefined);
  const last = useRef(current);
  if (wanted) last.current = current;
  const protocol = wanted ? current : last.current;
  const { preview, run } = protocol;
  const actions = useQuery({ ...actionsQuery(), enabled: start !== undefined });
  const all = actions.data?.actions ?? [];
  const action = all.find((each) => each.id === draft.action);
  const [database] = useDatabase();
  const summary = useServer(server);

  const plain = isPlain(start, action);
  const step = run || (shown && 'runId' in shown) ? 'run' : start && !plain && !preview ? 'form' : 'preview';
  const safe = useRef<HTMLButtonElement>(null);
  const content = useRef<HTMLDivElement>(null);
  // Each step begins where nothing happens by mistake; the very first focus is the dialog's own affair.
  const before = useRef(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    if (step !== 'form') safe.current?.focus();
  }, [step]);

  // An action without options, on a target that is given, has nothing to be filled in.
  const ready = plain && !sent ? bodyOf(draft, action) : undefined;
  if (ready) setSent(ready);

  const wrong = tried ? wrongDraft(draft, action) : [];
  const submit = () => {
    if (protocol.previewing) return;
    setTried(true);
    const [problem] = wrongDraft(draft, action);
    if (!problem) return setSent(bodyOf(draft, action));
    requestAnimationFrame(() => content.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const fixed = start?.target !== undefined;
  return (
    <Dialog
      open={wanted !== undefined}
      onOpenChange={(open) => open || onClose()}
      initialFocus={() => content.current?.querySelector<HTMLElement>(firstField) ?? safe.current}
      title={
        <bdi>
          {visible(
            run
              ? statement(run.title)
              : step === 'form'
                ? (fixed && action?.title) || 'Run an action'
                : (preview?.title ?? (step === 'run' ? 'A run' : 'What would be done')),
          )}
        </bdi>
      }
      lead={
        step === 'run'
          ? undefined
          : step === 'form'
            ? (fixed && action?.summary) || 'It is previewed first: nothing is done yet.'
            : visible(preview?.effect ?? 'The server is asked what it would do. Nothing is done yet.')
      }
      footer={
        step === 'run' ? (
          <RunFooter protocol={protocol} safe={safe} onClose={onClose} />
        ) : step === 'form' ? (
          <>
            <OffReason acts={actOf(draft)} />
            <span className="push" />
            <Button key="leave" large onClick={onClose}>
              Not now
            </Button>
            <Button
              key="preview"
              large
              look="primary"
              type="submit"
              form={formId}
              acts={actOf(draft)}
              off={protocol.previewing && 'The server is being asked.'}
            >
              {protocol.previewing ? 'Asking' : 'Preview'}
            </Button>
          </>
        ) : (
          <PreviewFooter
            protocol={protocol}
            typed={typed}
            safe={safe}
            safeLabel={sent ? safeWords(sent.target.kind) : 'Close'}
            onBack={
              start && !plain
                ? () => {
                    setSent(undefined);
                    setTyped('');
                  }
                : undefined
            }
            onClose={onClose}
          />
        )
      }
    >
      <div ref={content} className="contents">
        {step === 'run' ? (
          <RunBody server={server} protocol={protocol} onOpen={onOpen} />
        ) : step === 'form' ? (
          <ActionForm
            id={formId}
            server={server}
            summary={summary}
            actions={all}
            draft={draft}
            fixed={fixed}
            wrong={wrong}
            error={protocol.previewError}
            database={database}
            onChange={setDraft}
            onSubmit={submit}
          />
        ) : (
          <PreviewBodyView server={server} protocol={protocol} typed={typed} onType={setTyped} />
        )}
      </div>
    </Dialog>
  );
}

function RunBody({
  server,
  protocol: { run, moving, error, cancelError, approveError },
  onOpen,
}: {
  server: string;
  protocol: Protocol;
  onOpen: (body: PreviewBody) => void;
}) {
  return (
    <>
      {run ? (
        <ActionResult server={server} run={run} moving={moving} open={onOpen} />
      ) : (
        !error && <div className="panel-waiting" style={{ height: 200 }} aria-busy="true" />
      )}
      {error && moving && <Failure title="Not known right now." error={error} />}
      {error && !run && <Failure title="Not found." error={error} />}
      {cancelError && <Failure title="Not cancelled." error={cancelError} />}
      {approveError && <Failure title="Not approved." error={approveError} />}
    </>
  );
}

function PreviewBodyView({
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
  const { preview, previewError, executeError } = protocol;
  const mismatch = executeError?.code === 'confirm_mismatch';
  return (
    <>
      {previewError && <Failure title="No preview." error={previewError} />}
      {preview && <ActionPreview server={server} preview={preview} />}
      {!preview && !previewError && <div className="panel-waiting" style={{ height: 200 }} aria-busy="true" />}
      {executeError && !mismatch && (
        <Failure
          title={executeError.code === 'target_changed' ? 'It changed meanwhile.' : 'Not done.'}
          error={executeError}
        />
      )}
      {preview?.confirm === 'typed' && preview.confirmText !== undefined && !preview.onlyShown && (
        <TypedConfirm
          expected={preview.confirmText}
          value={typed}
          error={mismatch ? executeError?.message : undefined}
          onChange={onType}
          onEnter={() => protocol.execute(typed)}
        />
      )}
    </>
  );
}
