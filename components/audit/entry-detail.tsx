'use client';

import { Dialog } from '@/components/ui/dialog';
import { Note } from '@/components/ui/note';
import { SqlBlock } from '@/components/ui/sql';
import { StateText } from '@/components/ui/state';
import { Ago, Clock } from '@/components/ui/time';
import { type AuditLine, membersOf, statusWords, tookWords } from './entries';

/** One entry in full: who, what, to what, the SQL as it was sent, and what came of it. */
export function EntryDetail({ line, onClose }: { line: AuditLine; onClose: () => void }) {
  const { entry } = line;
  const members = membersOf(entry);
  return (
    <Dialog open onOpenChange={(open) => open || onClose()} title={line.what} lead={line.sentence}>
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
        {line.target && <Fact name="Target">{line.target}</Fact>}
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
      {entry.sql?.length ? <SqlBlock sql={entry.sql.join(';\n\n')} label="SQL as it was sent" /> : null}
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
