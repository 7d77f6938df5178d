'use client';

import { Figures, StillToDo, TakeBack } from '@/components/actions/action-result';
import { Dialog } from '@/components/ui/dialog';
import { visible } from '@/components/ui/highlight';
import { Note } from '@/components/ui/note';
import { SqlBlock } from '@/components/ui/sql';
import { StateText } from '@/components/ui/state';
import { Ago, Clock } from '@/components/ui/time';
import type { PreviewBody } from '@/lib/actions/protocol';
import { type AuditLine, membersOf, statusWords, tookWords } from './entries';

/** One entry in full: who, what, to what, the SQL as it was sent, and what came of it. */
export function EntryDetail({
  line,
  open,
  onClose,
}: {
  line: AuditLine;
  /** Previews another action: what takes it back, or what is still to be done. */
  open: (body: PreviewBody) => void;
  onClose: () => void;
}) {
  const { entry } = line;
  const members = membersOf(entry);
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={<bdi>{visible(line.what)}</bdi>}
      lead={visible(line.sentence)}
    >
      <dl className="facts">
        <Fact name="Result">
          <StateText state={line.mark} small>
            {line.word}
          </StateText>
          {entry.result?.sqlstate && <span className="muted"> SQLSTATE {entry.result.sqlstate}</span>}
        </Fact>
        <Fact name="When">
          <Clock at={line.ts} withZone />, <Ago at={line.ts} />
          {entry.result && `, took ${tookWords(entry)}`}
        </Fact>
        <Fact name="Who">
          {entry.user ? `${entry.user.name}, ${entry.user.role} (${entry.user.mode} mode)` : 'pgdeck itself'}
        </Fact>
        {line.target && (
          <Fact name="Target">
            <bdi>{visible(line.target)}</bdi>
          </Fact>
        )}
        {typeof entry.schedule === 'string' && <Fact name="Schedule">{visible(entry.schedule)}</Fact>}
        {typeof entry.textSha256 === 'string' && <Fact name="SHA-256 of the text">{entry.textSha256}</Fact>}
        {typeof entry.approvedBy === 'string' && <Fact name="Approved by">{visible(entry.approvedBy)}</Fact>}
        {typeof entry.instance === 'string' && <Fact name="Instance">{visible(entry.instance)}</Fact>}
        {entry.role && <Fact name="Ran as">{entry.role}</Fact>}
        {entry.runId && <Fact name="Run">{entry.runId}</Fact>}
        {entry.requestId && <Fact name="Request">{entry.requestId}</Fact>}
        <Fact name="Entry">{entry.seq}</Fact>
      </dl>
      {entry.result?.warnings.map((warning) => (
        <Note key={warning} state="warning">
          <p>{warning}</p>
        </Note>
      ))}
      {entry.result?.figures && entry.result.figures.length > 0 && <Figures figures={entry.result.figures} />}
      {members.length > 1 && (
        <ul className="member-list" aria-label="Sessions">
          {members.map((member) => (
            <li key={member.pid}>
              <b>{member.pid}</b> <span className="soft">{member.title}</span>
              {member.result && (
                <>
                  {' '}
                  <StateText state={statusWords(member.result.status).mark} small>
                    {member.result.message}
                  </StateText>
                </>
              )}
            </li>
          ))}
        </ul>
      )}
      <StillToDo next={entry.result?.next} open={open} />
      {entry.sql?.length ? <SqlBlock sql={entry.sql.join(';\n\n')} label="SQL as it was sent" /> : null}
      <TakeBack undo={entry.result?.undo} open={open} />
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
