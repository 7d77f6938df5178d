'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { Button } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { Note } from '@/components/ui/note';
import { announce } from '@/lib/client/announce';
import { addAnnotation, historyQuery } from '@/lib/client/history-queries';
import { fromLocalInput, localInput } from '@/lib/client/local-time';
import { useWhyNotRole } from '@/lib/client/session';
import { useAsked } from '@/lib/client/use-asked';
import { zone } from '@/lib/format';
import { wrongMark } from './summary';

/** Asks for a mark, such as a deployment: it stands in the list and is drawn on every chart of the server. */
export function MarkDialog({ server, onClose }: { server: string; onClose: () => void }) {
  const [opened] = useState(() => Date.now());
  const [title, setTitle] = useState('');
  const [at, setAt] = useState(() => localInput(opened / 1000));
  const [tried, setTried] = useState(false);
  const first = useRef<HTMLInputElement>(null);
  const client = useQueryClient();
  const store = useAsked(historyQuery()).data;
  const whyNot = useWhyNotRole(server, 'operator');
  const untouched = at === localInput(opened / 1000);
  const wrong = wrongMark(title, at, Date.now());
  const add = useMutation({
    mutationFn: () => addAnnotation({ server, title: title.trim(), ...(!untouched && { at: fromLocalInput(at) }) }),
    onSuccess: ({ stored }) => {
      announce(stored ? 'The mark is set.' : 'The mark is set, in memory only: it is gone when pgdeck ends.');
      client.invalidateQueries({ queryKey: ['changes'] });
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title="Add a mark"
      lead="A mark says what happened outside PostgreSQL: a deployment, a migration, a test. It stands in the list of changes and on every chart of this server."
      initialFocus={first}
      footer={
        <>
          <span className="push" />
          <Button large onClick={onClose}>
            Close
          </Button>
          <Button
            large
            look="primary"
            type="submit"
            form="mark"
            off={whyNot ?? (add.isPending && 'The mark is being written.')}
          >
            Add mark
          </Button>
        </>
      }
    >
      <form
        id="mark"
        className="mark-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (!wrong && !add.isPending && !whyNot) add.mutate();
          else first.current?.focus();
        }}
      >
        <label>
          Title
          <input
            ref={first}
            className="text-input"
            value={title}
            maxLength={200}
            placeholder="deploy billing 2026.11.21-1"
            aria-invalid={tried && wrong !== undefined}
            aria-describedby="mark-wrong"
            onChange={(event) => setTitle(event.target.value)}
          />
        </label>
        <label>
          Time, {zone(new Date(opened))}
          <input
            className="text-input"
            type="datetime-local"
            value={at}
            max={localInput(Date.now() / 1000)}
            aria-describedby="mark-wrong"
            onChange={(event) => setAt(event.target.value)}
          />
        </label>
        <p id="mark-wrong" className="text-xs" role="status">
          {tried && wrong ? wrong : '\u00a0'}
        </p>
      </form>
      {store && store.state !== 'on' && (
        <Note state="warning">
          <p>
            <b>The mark will be in memory only,</b> and gone when pgdeck ends: the history store is not on.{' '}
            {store.reason}
          </p>
        </Note>
      )}
      {add.error && (
        <Note state="critical" role="alert">
          <p>
            <b>The mark is not set.</b> {add.error.message}
          </p>
        </Note>
      )}
    </Dialog>
  );
}
