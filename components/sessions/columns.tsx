import { waitColor } from '@/components/charts/look';
import type { Column } from '@/components/table/column';
import { SqlLine } from '@/components/ui/sql';
import { StateText } from '@/components/ui/state';
import { duration, notApplicable } from '@/lib/format';
import { Link } from '../ui/link';
import { ageOf, isHidden, kindOf, type Session, type SessionLimits, severityOf, stateWords } from './session-kind';

const none = <span className="muted">{notApplicable}</span>;
const time = (seconds: number | null) => (seconds === null ? none : duration(seconds));

/** What a session waits for as swatch and word; an active one that waits for nothing runs on a CPU. */
export function Wait({ session }: { session: Session }) {
  if (isHidden(session)) return <span className="muted">not visible</span>;
  const type = session.wait_event_type ?? (kindOf(session) === 'active' ? 'CPU' : null);
  if (!type) return none;
  return (
    <span className="wait" title={session.wait_event ? `${type}: ${session.wait_event}` : type}>
      <span className="swatch" style={{ '--series': waitColor(session.wait_event_type) } as React.CSSProperties} />
      {type}
    </span>
  );
}

/** The state of a session: icon, word and colour only where something is wrong. */
export function SessionState({ session, limits }: { session: Session; limits: SessionLimits }) {
  const severity = severityOf(session, limits);
  const words = stateWords(session);
  if (severity)
    return (
      <StateText state={severity} small>
        {words}
      </StateText>
    );
  return <span className={isHidden(session) ? 'muted' : 'soft'}>{words}</span>;
}

/** The columns of the Sessions table; `locksHref` is the address of the blocking tree at a session. */
export function sessionColumns(limits: SessionLimits, locksHref: (pid: number) => string): Column<Session>[] {
  return [
    { id: 'pid', header: 'PID', value: (row) => String(row.pid), cell: (row) => row.pid },
    { id: 'usename', header: 'User', value: (row) => row.usename },
    { id: 'application_name', header: 'Application', value: (row) => row.application_name || null, rank: 3 },
    {
      id: 'state',
      header: 'State',
      value: stateWords,
      cell: (row) => <SessionState session={row} limits={limits} />,
    },
    {
      id: 'xact_seconds',
      header: 'Age',
      kind: 'number',
      ticks: true,
      value: ageOf,
      cell: (row) => time(ageOf(row)),
      meaning: 'Age of its open transaction; of a session without one, the time in its state.',
    },
    {
      id: 'wait_event_type',
      header: 'Wait',
      value: (row) => row.wait_event_type ?? (kindOf(row) === 'active' ? 'CPU' : null),
      cell: (row) => <Wait session={row} />,
      meaning: 'Class of what it waits for. Client: for the application. CPU: it is active and waits for nothing.',
    },
    {
      id: 'query',
      header: 'Statement',
      grow: true,
      value: (row) => row.query,
      cell: (row) => <SqlLine sql={isHidden(row) ? null : (row.query ?? '')} />,
    },
    {
      id: 'blocks',
      header: 'Blocks',
      kind: 'number',
      rank: 2,
      value: (row) => row.blocks,
      cell: (row) => (row.blocks > 0 ? <b>{row.blocks}</b> : none),
    },
    {
      id: 'blocked_by',
      header: 'Behind',
      kind: 'number',
      rank: 3,
      value: (row) => row.blocked_by.join(', ') || null,
      cell: (row) => {
        const [first, ...more] = row.blocked_by;
        if (first === undefined) return none;
        const text = first === 0 ? 'prepared' : String(first);
        return (
          <Link href={locksHref(row.pid)} title={`Show session ${row.pid} in the blocking tree`}>
            {more.length > 0 ? `${text} +${more.length}` : text}
          </Link>
        );
      },
      meaning: 'The session it waits for, by PID; a link to the blocking tree.',
    },
    { id: 'datname', header: 'Database', value: (row) => row.datname, hidden: true, rank: 3 },
    { id: 'client_addr', header: 'Client', value: (row) => row.client_addr, hidden: true, rank: 3 },
    { id: 'wait_event', header: 'Wait event', value: (row) => row.wait_event, hidden: true, rank: 3 },
    { id: 'backend_type', header: 'Kind', value: (row) => row.backend_type, hidden: true, rank: 3 },
    {
      id: 'state_seconds',
      header: 'In state',
      kind: 'number',
      ticks: true,
      value: (row) => row.state_seconds,
      cell: (row) => time(row.state_seconds),
      hidden: true,
      rank: 3,
    },
    {
      id: 'query_seconds',
      header: 'Statement began',
      kind: 'number',
      ticks: true,
      value: (row) => row.query_seconds,
      cell: (row) => time(row.query_seconds),
      hidden: true,
      rank: 3,
    },
    {
      id: 'backend_seconds',
      header: 'Connected',
      kind: 'number',
      ticks: true,
      value: (row) => row.backend_seconds,
      cell: (row) => time(row.backend_seconds),
      hidden: true,
      rank: 3,
    },
    {
      id: 'xmin_age',
      header: 'Snapshot age',
      unit: 'transactions',
      kind: 'number',
      value: (row) => row.xmin_age,
      hidden: true,
      rank: 3,
    },
  ];
}
