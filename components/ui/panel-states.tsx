'use client';

import { Unplug } from 'lucide-react';
import { useEffect, useState } from 'react';
import { announce } from '@/lib/client/announce';
import { useNow } from '@/lib/client/clock';
import type { RequestError } from '@/lib/client/request';
import { useWhyNotRole } from '@/lib/client/session';
import { useLasting } from '@/lib/client/use-lasting';
import type { TopicView } from '@/lib/client/use-topic';
import { durationInWords, list } from '@/lib/format';
import type { Partial, Unavailable, UnavailableReason } from '@/lib/topics/topic';
import { Button } from './button';
import { Link } from './link';
import { Note } from './note';
import { SqlBlock } from './sql';
import { StateText } from './state';

/** What is missing, by the reason of an answer that is unavailable. */
const words: Record<UnavailableReason, string> = {
  version: 'Needs a newer PostgreSQL',
  extension: 'Needs an extension',
  setting: 'Needs a setting',
  privilege: 'Needs a grant',
  standby: 'Not on a standby',
  pooler: 'Not through a transaction pooler',
  history: 'Needs the history store',
  timeout: 'No answer in time',
  locked: 'Waits for a lock',
  unreachable: 'Server not reached',
};

/** The grey area in the final height while the first rows are awaited; after a second it says for how long. */
export function PanelWaiting({ height, lost }: { height: number; lost?: RequestError | undefined }) {
  const [since] = useState(() => Date.now());
  const now = useNow();
  const seconds = now ? (now - since) / 1000 : 0;
  return (
    <div className="panel-body" aria-busy="true">
      <p className="soft">
        {lost
          ? `${lost.message} It is asked again by itself.`
          : seconds >= 1
            ? `Asking the server; ${durationInWords(Math.round(seconds))} so far. It is given 4.5 s.`
            : '\u00a0'}
      </p>
      <div className="panel-waiting" style={{ height }} />
    </div>
  );
}

/** Nothing can be shown: what is missing, why, the SQL that mends it, and a button to look again. */
export function PanelUnavailable<R>({ view, answer }: { view: TopicView<R>; answer: Unavailable<R> }) {
  return (
    <div className="panel-message">
      <StateText state="unknown">{wordOf(view, answer)}</StateText>
      <p>{answer.hint}</p>
      {answer.fixSql && <SqlBlock sql={answer.fixSql} label="SQL that mends it" />}
      <div className="actions">
        <AskAgain view={view} label="Check again" />
      </div>
    </div>
  );
}

function wordOf<R>({ at, topic }: TopicView<R>, { reason }: Unavailable<R>): string {
  if (at !== null && reason === 'history') return 'Not kept of this moment';
  return reason === 'unreachable' && topic.startsWith('pgbouncer-') ? 'PgBouncer not reached' : words[reason];
}

/** What a reader has to know before the rows: they are old, or something is missing from them. */
export function PanelAlert<R>({ view }: { view: TopicView<R> }) {
  const { answer, rows } = view;
  const lasting = useLasting();
  if (answer?.status === 'unavailable' && rows) return <Stale view={view} answer={answer} />;
  if (answer?.status !== 'ok' || !answer.partial?.length) return null;
  return gathered(answer.partial).map(({ reason, hint, fixSql, objects }) => (
    <Note
      key={`${reason} ${hint}`}
      state="warning"
      action={
        reason === 'locked' && (
          <Link className="button" href={lasting(`/${encodeURIComponent(view.server)}/locks`)} prefetch={false}>
            Open blocking tree
          </Link>
        )
      }
    >
      <p>
        {reason === 'locked' && <b>{list(objects)}: </b>}
        {hint}
      </p>
      {fixSql && <SqlBlock sql={fixSql} label="SQL that mends it" />}
    </Note>
  ));
}

/** What is missing for one and the same reason is said once, with the objects that it is about. */
function gathered(parts: Partial[]) {
  const byHint = new Map<string, Partial & { objects: string[] }>();
  for (const part of parts) {
    const known = byHint.get(part.hint);
    if (known) known.objects.push(part.object);
    else byHint.set(part.hint, { ...part, objects: [part.object] });
  }
  return [...byHint.values()];
}

function Stale<R>({ view, answer }: { view: TopicView<R>; answer: Unavailable<R> }) {
  const now = useNow();
  const since = now ? Math.max(0, (now - view.receivedAt) / 1000) : 0;
  const age = (view.ageSeconds ?? 0) + since;
  const next = answer.retryInSeconds === undefined ? undefined : Math.ceil(answer.retryInSeconds - since);
  return (
    <Note
      state={answer.reason === 'unreachable' ? 'critical' : 'warning'}
      icon={Unplug}
      action={<AskAgain view={view} label="Try now" />}
    >
      <p>
        <b>Not updated for {durationInWords(Math.round(age))}.</b> {answer.hint}
        {next !== undefined && next > 0 && ` Next try in ${durationInWords(next)}.`}
      </p>
      {answer.fixSql && <SqlBlock sql={answer.fixSql} label="SQL that mends it" />}
    </Note>
  );
}

function AskAgain<R>({ view, label }: { view: TopicView<R>; label: string }) {
  const { asking, askAgainError } = view;
  const whyNot = useWhyNotRole(view.server, 'operator');
  useEffect(() => {
    if (askAgainError) announce(askAgainError.message);
  }, [askAgainError]);
  return (
    <Button onClick={view.askAgain} off={(view.at === null && whyNot) || (asking && 'The server is being asked.')}>
      {label}
    </Button>
  );
}
