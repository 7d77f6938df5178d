'use client';

import { Info } from 'lucide-react';
import { useId } from 'react';
import type { InTheWay, Preview } from '@/lib/actions/protocol';
import { moment, plural } from '@/lib/format';
import { Note } from '../ui/note';
import { SqlBlock } from '../ui/sql';
import { StateText } from '../ui/state';
import { lockWords } from './words';

/** What would be done: who and what, side effects, exact SQL, lock, role and guard; always in this order. */
export function ActionPreview({ preview }: { preview: Preview }) {
  return (
    <>
      {preview.facts.length > 0 && (
        <dl className="facts">
          {preview.facts.map(({ label, value }) => (
            <div key={label} className="contents">
              <dt>{label}</dt>
              <dd className={label.toLowerCase().includes('statement') ? 'font-mono text-xs' : ''}>
                {withLocalTimes(value)}
              </dd>
            </div>
          ))}
        </dl>
      )}
      {preview.members && preview.target.kind === 'backends' && (
        <div>
          <p className="soft">{plural(preview.members.length, 'session')}, and no other:</p>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
          <ul className="member-list" tabIndex={0} aria-label="Sessions it is done to">
            {preview.members.map((member) => (
              <li key={`${member.pid}-${member.backend_start_us}`}>
                <b>{member.pid}</b> <span className="soft">{member.title}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      {preview.warnings.map((warning) => (
        <Note key={warning} state="warning">
          <p>{warning}</p>
        </Note>
      ))}
      <InTheWayNote title="It would wait now." all={preview.waitsFor} />
      <InTheWayNote title="Others would wait behind it." all={preview.wouldQueue} />
      <div>
        <SqlBlock sql={preview.sql.join(';\n\n')} label="SQL that will run" />
        <p className="muted mt-1.5 text-xs">
          {lockWords(preview)} · runs as {preview.role} · {preview.guard}
        </p>
      </div>
      {preview.undo && (
        <div>
          <p className="soft">It can be taken back with:</p>
          <SqlBlock sql={preview.undo.sql} label="SQL that takes it back" />
        </div>
      )}
    </>
  );
}

const isoTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/g;

/** Times that the server wrote in UTC as the reader's clock shows them; a preview is only ever drawn in the browser. */
function withLocalTimes(text: string): string {
  return text.replace(isoTime, (iso) => moment(new Date(iso)));
}

function InTheWayNote({ title, all }: { title: string; all: InTheWay[] }) {
  if (all.length === 0) return null;
  return (
    <Note {...(all.some(({ pid }) => pid !== null) ? { state: 'warning' as const } : { icon: Info })}>
      <p>
        <b>{title}</b>
      </p>
      <ul>
        {all.slice(0, 5).map((one) => (
          <li key={`${one.pid}-${one.sentence}`}>{one.sentence}</li>
        ))}
        {all.length > 5 && <li>and {all.length - 5} more</li>}
      </ul>
    </Note>
  );
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
  const matches = value.trim() === expected;
  return (
    <div className="confirm">
      <label htmlFor={id}>Type {expected} to confirm</label>
      <div className="actions">
        <input
          id={id}
          value={value}
          autoComplete="off"
          spellCheck={false}
          inputMode={/^\d+$/.test(expected) ? 'numeric' : 'text'}
          aria-describedby={`${id}-state`}
          aria-invalid={error !== undefined || undefined}
          onChange={(event) => onChange(event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && matches && onEnter()}
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
