import type { Column } from '@/components/table/column';
import { visible } from '@/components/ui/highlight';
import { Badge, StateText } from '@/components/ui/state';
import { Ago } from '@/components/ui/time';
import { notApplicable } from '@/lib/format';
import { type AuditLine, tookWords } from './entries';

const none = <span className="muted">{notApplicable}</span>;

/** The columns of the audit; what was done opens the entry. */
export function auditColumns(open: (line: AuditLine) => void): Column<AuditLine>[] {
  return [
    {
      id: 'what',
      header: 'What',
      value: (line) => line.what,
      cell: (line) => (
        <button
          type="button"
          className="link-button text-start cut audit-what"
          title={visible(line.what)}
          onClick={() => open(line)}
        >
          <bdi>{visible(line.what)}</bdi>
        </button>
      ),
      meaning: 'What was done. Choose one to see its SQL and its target.',
    },
    {
      id: 'ts',
      header: 'When',
      first: 'descending',
      value: (line) => line.seq,
      cell: (line) => <Ago at={line.ts} />,
      meaning: 'When the line was written to disk.',
    },
    {
      id: 'result',
      header: 'Result',
      value: (line) => line.word,
      cell: (line) => (
        <StateText state={line.mark} small>
          {line.word}
        </StateText>
      ),
      meaning: 'How it ended, and whether the server showed the result.',
    },
    {
      id: 'sentence',
      header: 'What came of it',
      grow: true,
      value: (line) => line.sentence,
      cell: (line) => (
        <span className="cut" style={{ display: 'block' }} title={visible(line.sentence)}>
          {line.sentence ? visible(line.sentence) : none}
        </span>
      ),
      meaning: 'The result in a sentence.',
    },
    {
      id: 'target',
      header: 'Target',
      rank: 3,
      value: (line) => line.target ?? null,
      cell: (line) =>
        line.target ? (
          <span className="cut" style={{ display: 'block', maxWidth: 260 }} title={visible(line.target)}>
            <bdi>{visible(line.target)}</bdi>
          </span>
        ) : (
          none
        ),
      meaning: 'What it was done to, as the preview saw it.',
    },
    {
      id: 'user',
      header: 'By',
      rank: 2,
      value: (line) => line.entry.user?.name ?? null,
      cell: (line) =>
        line.entry.user ? (
          <>
            {line.entry.user.name} <Badge>{line.entry.user.role}</Badge>
          </>
        ) : (
          <span className="muted">pgdeck</span>
        ),
      meaning: 'Who did it, with the role in pgdeck.',
    },
    {
      id: 'took',
      header: 'Took',
      kind: 'number',
      rank: 3,
      value: (line) => line.entry.result?.ms ?? null,
      cell: (line) => tookWords(line.entry) ?? none,
      meaning: 'From the intent on disk to the result; verified: the server showed that it is so.',
    },
    {
      id: 'role',
      header: 'Ran as',
      rank: 3,
      hidden: true,
      value: (line) => line.entry.role ?? null,
      meaning: 'The PostgreSQL role that the statement ran as.',
    },
    {
      id: 'sql',
      header: 'SQL',
      rank: 3,
      hidden: true,
      value: (line) => line.entry.sql?.join('; ') ?? null,
      cell: (line) => <code>{line.entry.sql?.[0]?.replace(/\s+/g, ' ').slice(0, 80) ?? notApplicable}</code>,
      meaning: 'The statement as it was sent.',
    },
    {
      id: 'seq',
      header: 'Entry',
      hidden: true,
      rank: 3,
      value: (line) => String(line.seq),
      meaning: 'Number of the line in the audit file.',
    },
  ];
}
