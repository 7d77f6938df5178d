import type { Column } from '@/components/table/column';
import { visible } from '@/components/ui/highlight';
import { count, duration, notApplicable } from '@/lib/format';
import type { Group, Grouping } from './select';

const none = <span className="muted">{notApplicable}</span>;
const zero = (value: number) => (value === 0 ? <span className="muted">0</span> : count(value));

const titles: Record<Grouping, string> = {
  application: 'Application',
  user: 'User',
  client: 'Client',
  database: 'Database',
};

/** The title of a grouping: `Application`. */
export function groupingTitle(by: Grouping): string {
  return titles[by];
}

/** The columns of sessions counted by group; the name filters the sessions by it. */
export function groupColumns(by: Grouping, choose: (name: string) => void): Column<Group>[] {
  return [
    {
      id: 'name',
      header: titles[by],
      value: (row) => row.name,
      cell: (row) => (
        <button type="button" className="link-button" onClick={() => choose(row.name)}>
          {visible(row.name)}
        </button>
      ),
      meaning: 'Choose one to see its sessions.',
    },
    { id: 'sessions', header: 'Sessions', kind: 'number', value: (row) => row.sessions, meaning: 'All of the group.' },
    {
      id: 'waiting',
      header: 'Waiting',
      kind: 'number',
      value: (row) => row.waiting,
      cell: (row) => zero(row.waiting),
      meaning: 'Waiting for a lock that another session holds.',
    },
    {
      id: 'active',
      header: 'Active',
      kind: 'number',
      value: (row) => row.active,
      cell: (row) => zero(row.active),
      meaning: 'Running a statement, without those that wait for a lock.',
    },
    {
      id: 'idle_in_transaction',
      header: 'Idle in transaction',
      kind: 'number',
      value: (row) => row.idle_in_transaction,
      cell: (row) => zero(row.idle_in_transaction),
      meaning: 'A transaction is open and the application sends nothing.',
    },
    {
      id: 'idle',
      header: 'Idle',
      kind: 'number',
      rank: 2,
      value: (row) => row.idle,
      cell: (row) => zero(row.idle),
      meaning: 'Connected, without a transaction.',
    },
    {
      id: 'other',
      header: 'Other',
      kind: 'number',
      rank: 3,
      value: (row) => row.other,
      cell: (row) => zero(row.other),
      meaning: 'Background work, or sessions whose state this role may not see.',
    },
    {
      id: 'oldest_xact_seconds',
      header: 'Oldest transaction',
      kind: 'number',
      ticks: true,
      value: (row) => row.oldest_xact_seconds,
      cell: (row) => (row.oldest_xact_seconds === null ? none : duration(row.oldest_xact_seconds)),
      meaning: 'Age of its oldest open transaction.',
    },
  ];
}
