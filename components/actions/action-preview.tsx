'use client';

import { ScrollText, UserCheck } from 'lucide-react';
import { type ChangeEvent, type KeyboardEvent, useId } from 'react';
import type { Fact, LockTaken, Preview } from '@/lib/actions/protocol';
import { moment, plural, sameTyped } from '@/lib/format';
import { visible } from '../ui/highlight';
import { Note } from '../ui/note';
import { SqlBlock } from '../ui/sql';
import { StateText } from '../ui/state';
import { InTheWayNote } from './in-the-way';
import { PastRuns } from './past-runs';
import { sendingWords, typedWords } from './words';

/** What would be done: who and what, side effects, exact SQL, lock, role and guard; always in this order. */
export function ActionPreview({ server, preview }: { server: string; preview: Preview }) {
  const { estimates = [], past = [] } = preview;
  return (
    <>
      {preview.onlyShown && (
        <Note icon={ScrollText}>
          <p>
            <b>A plan to be read and copied.</b> pgdeck does not run it.
          </p>
        </Note>
      )}
      {preview.needsApproval && (
        <Note icon={UserCheck}>
          <p>
            <b>It waits for a second person.</b> Another admin has to approve it before it runs.
          </p>
        </Note>
      )}
      {preview.facts.length > 0 && <Facts facts={preview.facts} />}
      {preview.members && preview.target.kind === 'backends' && (
        <div>
          <p className="soft">{plural(preview.members.length, 'session')}, and no other:</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
          <ul className="member-list" tabIndex={0} aria-label="Sessions it is done to">
            {preview.members.map((member) => (
              <li key={`${member.pid}-${member.backend_start_us}`}>
                <b>{member.pid}</b> <span className="soft">{visible(member.title)}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {preview.warnings.map((warning) => (
        <Note key={warning} state="warning">
          <p>{visible(warning)}</p>
        </Note>
      ))}
      <InTheWayNote server={server} title="It would wait now." all={preview.waitsFor} />
      <InTheWayNote server={server} title="Others would wait behind it." all={preview.wouldQueue} />
      {(estimates.length > 0 || past.length > 0) && (
        <Facts facts={estimates} className="facts-part">
          <PastRuns past={past} />
        </Facts>
      )}
      <div>
        <SqlBlock sql={preview.sql.join(';\n\n')} label={preview.onlyShown ? 'SQL of the plan' : 'SQL that will run'} />
        <p className="muted mt-1.5 text-xs">{sendingWords(preview)}</p>
      </div>
      {preview.locks.length > 0 && <Locks locks={preview.locks} />}
      {preview.undo && (
        <div>
          <p className="soft">It can be taken back with:</p>
          <SqlBlock sql={preview.undo.sql} label="SQL that takes it back" />
        </div>
      )}
    </>
  );
}

/** Facts as rows: label and value, times as the reader's clock shows them. */
export function Facts({
  facts,
  className = '',
  children,
}: {
  facts: Fact[];
  className?: string;
  children?: React.ReactNode;
}) {
  return (
    <dl className={`facts ${className}`}>
      {facts.map(({ label, value }) => (
        <div key={label} className="contents">
          <dt>{label}</dt>
          <dd className={label.toLowerCase().includes('statement') ? 'font-mono text-xs' : ''}>
            {withLocalTimes(visible(value))}
          </dd>
        </div>
      ))}
      {children}
    </dl>
  );
}

const mostLocks = 8;

function Locks({ locks }: { locks: LockTaken[] }) {
  return (
    <ul className="lock-list" aria-label="Locks it takes">
      {locks.slice(0, mostLocks).map(({ relation, mode, blocks }) => (
        <li key={`${relation} ${mode}`}>
          Takes {mode} on <bdi>{visible(relation)}</bdi>
          {blocks && <span className="soft">; blocks {blocks}</span>}
        </li>
      ))}
      {locks.length > mostLocks && <li className="muted">and {locks.length - mostLocks} more</li>}
    </ul>
  );
}

const isoTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** Times that the server wrote in UTC as the reader's clock shows them; a preview is only ever drawn in the browser. */
function withLocalTimes(text: string): string {
  return text.replace(isoTime, (iso) => moment(new Date(iso)));
}

/** The typed confirmation: a visible label, and whether what stands there matches. */
export function TypedConfirm({
  expected,
  value,
  error,
  onChange,
  onEnter,
}: {
  expected: string;
  value: string;
  error: string | undefined;
  onChange: (value: string) => void;
  onEnter: () => void;
}) {
  const id = useId();
  const matches = sameTyped(value, expected);
  // A field of one line would lose the line breaks of a name that has some.
  const lines = expected.includes('\n');
  const Field = lines ? 'textarea' : 'input';
  return (
    <div className="confirm">
      <label htmlFor={id}>
        Type <bdi>{typedWords(expected)}</bdi> to confirm
      </label>
      {lines && (
        <p id={`${id}-lines`} className="act-hint">
          ⏎ stands for a line break; a space does as well.
        </p>
      )}
      <div className="actions">
        <Field
          id={id}
          value={value}
          dir="auto"
          autoComplete="off"
          spellCheck={false}
          inputMode={/^\d+$/.test(expected) ? 'numeric' : 'text'}
          aria-describedby={lines ? `${id}-lines ${id}-state` : `${id}-state`}
          aria-invalid={error !== undefined || undefined}
          onChange={(event: ChangeEvent<HTMLInputElement & HTMLTextAreaElement>) => onChange(event.target.value)}
          onKeyDown={(event: KeyboardEvent) => {
            if (event.key !== 'Enter' || !matches) return;
            event.preventDefault();
            onEnter();
          }}
        />
        <span id={`${id}-state`}>
          {error ? (
            <StateText state="critical">{error}</StateText>
          ) : matches ? (
            <StateText state="ok">Matches</StateText>
          ) : (
            value !== '' && <span className="muted">Not yet the same</span>
          )}
        </span>
      </div>
    </div>
  );
}
