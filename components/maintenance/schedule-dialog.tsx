'use client';

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';
import { ActionPreview, TypedConfirm } from '@/components/actions/action-preview';
import { Failure } from '@/components/actions/failure';
import { ActionForm } from '@/components/actions/form/action-form';
import { bodyOf, type Draft, draftOf, wrongDraft } from '@/components/actions/form/draft';
import { saidAtField } from '@/components/actions/form/schema';
import { useServer } from '@/components/shell/use-server';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { announce } from '@/lib/client/announce';
import { actionsQuery, makeSchedule, type NewSchedule, schedulesQuery } from '@/lib/client/maintenance-queries';
import type { RequestError } from '@/lib/client/request';
import { useDatabase } from '@/lib/client/url-state';
import { readerZone, sameTyped } from '@/lib/format';
import { CronFields, type Timing } from './cron-fields';

/** Makes a schedule: what, when, in which time zone; what it would do is previewed before it is made. */
export function ScheduleDialog({ server, onClose }: { server: string; onClose: () => void }) {
  const formId = useId();
  const client = useQueryClient();
  const summary = useServer(server);
  const [database] = useDatabase();
  const actions = useQuery(actionsQuery());
  const schedulable = useQuery(schedulesQuery(server)).data?.actions ?? [];
  const all = (actions.data?.actions ?? []).filter(({ id }) => schedulable.includes(id));
  const [draft, setDraft] = useState<Draft>(draftOf({}));
  const [timing, setTiming] = useState<Timing>(() => ({
    title: '',
    cron: '0 3 * * *',
    timeZone: readerZone(),
  }));
  const [tried, setTried] = useState(false);
  const [typed, setTyped] = useState('');
  const safe = useRef<HTMLButtonElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const action = all.find((each) => each.id === draft.action);
  const wanted = (): NewSchedule | undefined => {
    const body = bodyOf(draft, action);
    return body && { ...timing, title: timing.title.trim(), cron: timing.cron.trim(), body };
  };
  const asking = useMutation({
    mutationFn: (schedule: NewSchedule) => makeSchedule(server, { ...schedule, dryRun: true }),
  });
  const making = useMutation({
    mutationFn: (schedule: NewSchedule) => makeSchedule(server, schedule),
    onSuccess: () => {
      announce('The schedule is made.');
      client.invalidateQueries({ queryKey: ['schedules', server] });
      onClose();
    },
  });
  const preview = asking.data?.preview;
  const error = asking.error as RequestError | null;
  const made = making.error as RequestError | null;
  const step = preview ? 'preview' : 'form';
  const before = useRef<string>(step);
  useEffect(() => {
    if (before.current === step) return;
    before.current = step;
    if (step === 'preview') safe.current?.focus();
  }, [step]);

  const wrong = [
    ...(timing.title.trim() ? [] : [{ field: 'title', message: 'Give it a title.' }]),
    ...(timing.cron.trim() ? [] : [{ field: 'cron', message: 'Say when it runs.' }]),
    ...wrongDraft(draft, action),
  ];
  const submit = () => {
    if (asking.isPending) return;
    setTried(true);
    const schedule = wanted();
    if (wrong.length === 0 && schedule) return asking.mutate(schedule);
    requestAnimationFrame(() => content.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  const ofTiming = error && ['title', 'cron', 'timeZone'].includes(error.field ?? '');
  const missing = preview?.confirm === 'typed' && !sameTyped(typed, preview.confirmText);
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title="New schedule"
      lead="It is previewed now, and looked at again each time before it runs."
      initialFocus={() => content.current?.querySelector<HTMLElement>('input') ?? null}
      footer={
        step === 'form' ? (
          <>
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
              off={asking.isPending && 'The server is being asked.'}
            >
              {asking.isPending ? 'Asking' : 'Preview'}
            </Button>
          </>
        ) : (
          <>
            <span className="push" />
            <Button key="back" large onClick={() => asking.reset()}>
              Back
            </Button>
            <Button key="safe" ref={safe} large onClick={onClose}>
              Not now
            </Button>
            <Button
              key="make"
              acts={{ role: 'admin', target: draft.target?.target }}
              large
              look="primary"
              off={
                making.isPending
                  ? 'It is being made.'
                  : preview?.onlyShown
                    ? 'A plan that is only shown cannot be scheduled.'
                    : missing && `Type ${preview?.confirmText} first.`
              }
              onClick={() => {
                const schedule = wanted();
                if (schedule) making.mutate({ ...schedule, ...(typed && { confirmText: typed }) });
              }}
            >
              Make schedule
            </Button>
          </>
        )
      }
    >
      <div ref={content} className="contents">
        {preview ? (
          <>
            <ActionPreview server={server} preview={preview} />
            {made && <Failure title="Not made." error={made} />}
            {preview.confirm === 'typed' && preview.confirmText !== undefined && (
              <TypedConfirm
                expected={preview.confirmText}
                value={typed}
                error={undefined}
                onChange={setTyped}
                onEnter={() => {}}
              />
            )}
          </>
        ) : (
          <>
            <CronFields
              timing={timing}
              onChange={setTiming}
              onSubmit={submit}
              wrong={(field) =>
                (tried ? wrong.find((each) => each.field === field)?.message : undefined) ??
                (error?.field === field ? saidAtField(error) : undefined)
              }
            />
            <ActionForm
              id={formId}
              server={server}
              summary={summary}
              actions={all}
              draft={draft}
              fixed={false}
              wrong={tried ? wrong : []}
              error={ofTiming ? null : error}
              database={database}
              onChange={setDraft}
              onSubmit={submit}
            />
          </>
        )}
      </div>
    </Dialog>
  );
}
