'use client';

import { RevealLine, useReveal } from '@/components/access/reveal';
import { Button, OffReason } from '@/components/ui/button';
import { Dialog } from '@/components/ui/dialog';
import { visible } from '@/components/ui/highlight';
import { Link } from '@/components/ui/link';
import { Note } from '@/components/ui/note';
import { CopyButton, SqlBlock } from '@/components/ui/sql';
import { Clock } from '@/components/ui/time';
import type { PreviewBody } from '@/lib/actions/protocol';
import { durationInWords, exact, list, plural } from '@/lib/format';
import { SessionState, Wait } from './columns';
import { asText } from './select';
import { actionOn, actOn } from './session-actions';
import { isHidden, type Session, type SessionLimits, whyNotCancel, whyNotSignal } from './session-kind';

const ago = (seconds: number) => `${durationInWords(seconds)} ago`;

/** One session in full: who it is, what it does and since when, its whole statement, and what can be done to it. */
export function SessionDetail({
  session,
  ended,
  limits,
  locksHref,
  act,
  onClose,
}: {
  session: Session;
  /** It is no longer among the sessions; what is shown is the last that was known. */
  ended: boolean;
  limits: SessionLimits;
  locksHref: (pid: number) => string;
  act: (body: PreviewBody) => void;
  onClose: () => void;
}) {
  const { pid, backend_start_us } = session;
  const reveal = useReveal({ topic: 'sessions', key: { pid, backend_start_us }, column: 'query' }, session.query);
  const gone = ended ? 'It has ended.' : undefined;
  const noCancel = gone ?? whyNotCancel(session);
  const noTerminate = gone ?? whyNotSignal(session);
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={`Session ${session.pid}`}
      lead={
        isHidden(session)
          ? 'What this session does is hidden from the role that pgdeck reads with.'
          : visible(
              [session.usename, session.application_name, session.client_addr ?? 'local socket']
                .filter(Boolean)
                .join(' · '),
            )
      }
      footer={
        <>
          <CopyButton text={asText(session)} label={`Copy session ${session.pid} as text`} />
          <span className="push" />
          <Button large acts={actOn(session, 'cancel')} off={noCancel} onClick={() => act(actionOn(session, 'cancel'))}>
            Cancel statement…
          </Button>
          <Button
            large
            acts={actOn(session, 'terminate')}
            look="critical"
            off={noTerminate}
            onClick={() => act(actionOn(session, 'terminate'))}
          >
            Terminate session {session.pid}…
          </Button>
        </>
      }
    >
      {ended && (
        <Note state="unknown" role="status">
          <p>
            <b>It has ended.</b> What stands here is the last that was known of it.
          </p>
        </Note>
      )}
      <dl className="facts">
        <Fact name="State">
          <SessionState session={session} limits={limits} />
          {session.state_seconds !== null && ` for ${durationInWords(session.state_seconds)}`}
        </Fact>
        <Fact name="Wait">
          <Wait session={session} />
          {session.wait_event && <span className="muted"> {session.wait_event}</span>}
        </Fact>
        {session.blocked_by.length > 0 && (
          <Fact name="Waits for">
            <Link href={locksHref(session.pid)}>
              {list(session.blocked_by.map((pid) => (pid === 0 ? 'a prepared transaction' : `session ${pid}`)))}
            </Link>
          </Fact>
        )}
        {session.blocks > 0 && (
          <Fact name="Keeps waiting">
            <Link href={locksHref(session.pid)}>{plural(session.blocks, 'session')}</Link>
          </Fact>
        )}
        <Fact name="Transaction">
          {session.xact_seconds === null
            ? 'none is open'
            : `open for ${durationInWords(session.xact_seconds)}${session.backend_xid ? `, has written: transaction ${session.backend_xid}` : ', has written nothing'}`}
        </Fact>
        {session.xmin_age !== null && (
          <Fact name="Snapshot">
            {session.xmin_age === 0
              ? 'current'
              : `${exact(session.xmin_age)} transactions old: vacuum keeps what they removed`}
          </Fact>
        )}
        <Fact name="Connected">
          {session.backend_start ? (
            <>
              <Clock at={session.backend_start} withZone />
              {session.backend_seconds !== null && `, ${ago(session.backend_seconds)}`}
            </>
          ) : (
            'not visible'
          )}
        </Fact>
        <Fact name="Database">{visible(session.datname ?? '–')}</Fact>
        <Fact name="Client">
          {session.client_addr
            ? `${session.client_addr}${session.client_port ? `, port ${session.client_port}` : ''}`
            : 'local socket'}
        </Fact>
        <Fact name="Kind">
          {session.backend_type ?? 'not visible'}
          {session.leader_pid !== null && `, works for session ${session.leader_pid}`}
        </Fact>
        {session.query_id && <Fact name="Query ID">{session.query_id}</Fact>}
      </dl>
      {session.query === null && reveal.seen === 'hidden' && <RevealLine reveal={reveal} />}
      {session.query && (
        <div>
          <p className="soft">
            {session.state === 'active' ? 'Statement' : 'Last statement'}
            {session.query_seconds !== null && `, begun ${ago(session.query_seconds)}`}
          </p>
          <SqlBlock sql={reveal.text ?? ''} label="Statement" />
          <RevealLine reveal={reveal} />
          {session.query.length >= (session.state === 'idle' ? 100 : 1000) && (
            <p className="muted">
              {session.state === 'idle'
                ? 'Of an idle session only the first 100 characters are read.'
                : 'Only the first 1,000 characters are read.'}
            </p>
          )}
        </div>
      )}
      {(noCancel ?? noTerminate) && !ended && <p className="muted">{noTerminate ?? noCancel}</p>}
      {!ended && <OffReason acts={actOn(session, 'terminate')} />}
    </Dialog>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}
