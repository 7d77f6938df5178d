import { figureColumns } from '@/components/statements/columns';
import { oneLine, type Statement, statementKey } from '@/components/statements/summary';
import type { Column } from '@/components/table/column';
import { tableColumns } from '@/components/tables/columns';
import type { Table } from '@/components/tables/summary';
import { SqlLine } from '@/components/ui/sql';
import { Link } from '../ui/link';

const shownOfStatements = ['share', 'total_exec_time', 'mean_exec_time', 'calls_per_second'];
const shownOfTables = ['relname', 'total_bytes', 'n_live_tup', 'n_dead_tup'];

/** The columns of the worst statements; each leads to the statement itself. */
export function worstColumns(server: string, most: number, lasting: (href: string) => string): Column<Statement>[] {
  return [
    {
      id: 'query',
      header: 'Statement',
      value: oneLine,
      cell: (row) => (
        <Link
          className="row-link"
          href={lasting(`/${encodeURIComponent(server)}/statements?statement=${encodeURIComponent(statementKey(row))}`)}
          prefetch={false}
        >
          {row.query === null ? oneLine(row) : <SqlLine sql={row.query} />}
        </Link>
      ),
      grow: true,
      rank: 1,
    },
    ...figureColumns(most).filter(({ id }) => shownOfStatements.includes(id)),
  ];
}

/** The columns of the biggest tables. */
export function biggestColumns(most: number): Column<Table>[] {
  return tableColumns(most).filter(({ id }) => shownOfTables.includes(id));
}
