'use client';

import './overview.css';
import { useState } from 'react';
import { useAction } from '@/components/actions/action-provider';
import { useActionTitles } from '@/components/actions/use-action-titles';
import { Button } from '@/components/ui/button';
import { SqlBlock } from '@/components/ui/sql';
import { StateIcon, StateText } from '@/components/ui/state';
import { Ago, Clock } from '@/components/ui/time';
import type { PreviewBody } from '@/lib/actions/protocol';
import type { Finding } from '@/lib/checks/check';
import { useNow } from '@/lib/client/clock';
import { usePageTime } from '@/lib/client/page-time';
import type { FindingsAnswer } from '@/lib/client/shapes';
import { useLasting } from '@/lib/client/use-lasting';
import { exact } from '@/lib/format';
import { Link } from '../ui/link';
import { type Alike, alike, proofOf, remedyWords, type Unjudged, unjudged } from './verdict';

/** Of findings that are alike, so many are shown before the rest is folded. */
const unfolded = 5;

/**
 * The verdict in sentences: what is critical, what needs attention, what cannot be judged, what is well. It stands still
 * while the pointer or the focus is in it, so that a button is still the one that was aimed at.
 */
export function VerdictList({ server, answer: newest }: { server: string; answer: FindingsAnswer }) {
  const [held, setHeld] = useState<FindingsAnswer>();
  const answer = held ?? newest;
  const hold = () => setHeld((now) => now ?? newest);
  // Behind the dialog of an action nothing can be aimed at: what it changed shall be seen.
  const release = () => setHeld(undefined);
  const groups = alike(answer.findings);
  const unknown = unjudged(answer);
  return (
    <section
      className="verdict"
      aria-label="Verdict"
      onPointerEnter={(event) => event.pointerType !== 'touch' && hold()}
      onPointerLeave={release}
      // Focus that a closed dialog gives back to its button is nobody's aim.
      onFocus={(event) => event.target.matches(':focus-visible') && hold()}
      onBlur={(event) => event.currentTarget.contains(event.relatedTarget) || release()}
    >
      {(groups.length > 0 || unknown.length > 0) && (
        <ul>
          {groups.map((group) => (
            <Group key={group.key} server={server} group={group} onAct={release} />
          ))}
          {unknown.map((row) => (
            <UnknownRow key={row.key} row={row} onAct={release} />
          ))}
        </ul>
      )}
      {answer.ok.length > 0 && (
        <div className="verdict-ok">
          <p>
            <StateText state="ok">{answer.ok.length} OK</StateText>
          </p>
          <ul>
            {answer.ok.map(({ check, title, sentence }) => (
              <li key={check} title={title}>
                <StateIcon state="ok" />
                <span>{sentence.replace(/\.$/, '')}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function Group({ server, group, onAct }: { server: string; group: Alike; onAct: () => void }) {
  const [open, setOpen] = useState(false);
  const { findings } = group;
  const folds = findings.length > unfolded;
  const shown = folds && !open ? findings.slice(0, unfolded) : findings;
  const what = findings[0]?.severity === 'critical' ? 'critical ones' : 'warnings';
  return (
    <>
      {shown.map((finding) => (
        <FindingRow key={finding.id} server={server} finding={finding} onAct={onAct} />
      ))}
      {folds && (
        <li className="verdict-more">
          <Button look="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? `Show the first ${unfolded} only` : `Show all ${exact(findings.length)} ${what} of this kind`}
          </Button>
        </li>
      )}
    </>
  );
}

function FindingRow({ server, finding, onAct }: { server: string; finding: Finding; onAct: () => void }) {
  const { severity, title, detail, confidence, since, remedy } = finding;
  const proof = proofOf(server, finding);
  const words = remedyWords(finding, useActionTitles(remedy !== undefined));
  const lasting = useLasting();
  // Since when is only known while pgdeck watches: a verdict of the past is judged anew.
  const past = usePageTime().at !== null;
  return (
    <li className={`verdict-row ${severity}`}>
      <StateText state={severity} />
      <div>
        <p className="verdict-title">{title}</p>
        <p className="verdict-detail">
          {detail}{' '}
          <span className="verdict-since">
            {confidence !== 'high' && `Confidence ${confidence}. `}
            {!past && (
              <>
                Since <Since at={since} />.
              </>
            )}
          </span>
        </p>
      </div>
      <div className="verdict-acts">
        {proof && (
          <Link className="button" href={lasting(proof.href)} prefetch={false}>
            {proof.label}
          </Link>
        )}
        {remedy && words && <RemedyButton remedy={remedy} words={words} onAct={onAct} />}
      </div>
    </li>
  );
}

function UnknownRow({ row, onAct }: { row: Unjudged; onAct: () => void }) {
  const { title, because, fixSql, remedy } = row;
  const words = remedyWords(row, useActionTitles(remedy !== undefined));
  return (
    <li className="verdict-row unknown">
      <StateText state="unknown" />
      <div className="verdict-wide">
        <p className="verdict-title">{title}</p>
        <p className="verdict-detail">{because}</p>
        {fixSql && <SqlBlock sql={fixSql} label="SQL that mends it" />}
        {remedy && words && <RemedyButton remedy={remedy} words={words} onAct={onAct} />}
      </div>
    </li>
  );
}

const dayMs = 86_400_000;

/** The time of day under a day, the day before that. */
function Since({ at }: { at: string }) {
  const now = useNow();
  return now && now - Date.parse(at) >= dayMs ? <Ago at={at} /> : <Clock at={at} />;
}

/** Opens the preview of what mends a finding. */
function RemedyButton({ remedy, words, onAct }: { remedy: PreviewBody; words: string; onAct: () => void }) {
  const act = useAction();
  return (
    <Button
      acts={remedy}
      title={words}
      onClick={() => {
        act(remedy);
        onAct();
      }}
    >
      <span className="cut">{words}</span>
    </Button>
  );
}
