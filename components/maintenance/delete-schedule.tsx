'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef } from 'react';
import { Failure } from '@/components/actions/failure';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { visible } from '@/components/ui/highlight';
import { announce } from '@/lib/client/announce';
import { deleteSchedule } from '@/lib/client/maintenance-queries';
import type { RequestError } from '@/lib/client/request';
import type { Schedule } from '@/lib/schedules/shapes';

/** Asks before a schedule is deleted; a run that is under way goes on. */
export function DeleteSchedule({
  server,
  schedule,
  onClose,
}: {
  server: string;
  schedule: Schedule;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const safe = useRef<HTMLButtonElement>(null);
  const deleting = useMutation<unknown, RequestError>({
    mutationFn: () => deleteSchedule(server, schedule.id),
    onSuccess: () => {
      announce('The schedule is deleted.');
      client.invalidateQueries({ queryKey: ['schedules', server] });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={<bdi>{`Delete schedule ${visible(schedule.title)}?`}</bdi>}
      lead="It does not run again. A run that is under way goes on, and what was run stays in the audit."
      initialFocus={safe}
      footer={
        <>
          <span className="push" />
          <Button ref={safe} large onClick={onClose}>
            Keep schedule
          </Button>
          <Button
            acts={{ role: 'admin' }}
            large
            look="primary"
            off={deleting.isPending && 'It is being deleted.'}
            onClick={() => deleting.mutate()}
          >
            Delete schedule
          </Button>
        </>
      }
    >
      {deleting.error && <Failure title="Not deleted." error={deleting.error} />}
    </Dialog>
  );
}
