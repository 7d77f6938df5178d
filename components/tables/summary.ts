import { bytes, list, percent, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';

/** A table as the topic `tables` gives it. */
export type Table = Row<'tables'>;

/** Tables that hold rows themselves, or whose partitions do not stand in the list: sizes are counted once. */
export function counted(rows: Table[]): Table[] {
  return rows.filter((row) => row.partition_of === null);
}

/** `schema.name`, without the schema where it is public. */
export function tableName(row: Pick<Table, 'schemaname' | 'relname'>): string {
  return row.schemaname === 'public' ? row.relname : `${row.schemaname}.${row.relname}`;
}

/** Whether a table has more dead rows than the number from which autovacuum takes it. */
export function behind(row: Table): boolean {
  return row.vacuum_trigger !== null && row.n_dead_tup > row.vacuum_trigger;
}

/** Whether a table's statistics are older than autovacuum would let them be. */
export function stale(row: Table): boolean {
  return row.analyze_trigger !== null && row.n_mod_since_analyze > row.analyze_trigger;
}

/** The page in one or two sentences: size in all, the largest, and what maintenance has left. */
export function tablesSentence(rows: Table[]): string {
  const own = counted(rows);
  const total = own.reduce((sum, row) => sum + row.total_bytes, 0);
  const [largest] = [...own].sort((a, b) => b.total_bytes - a.total_bytes);
  if (!largest) return 'This database has no tables of its own.';
  const late = rows.filter(behind);
  const old = rows.filter(stale);
  const size = `${plural(own.length, 'table takes', 'tables take')} ${bytes(total)} with their indexes; ${tableName(largest)} alone ${percent(total ? largest.total_bytes / total : 0)}.`;
  const left = [
    late.length > 0 && `${list(late.map(tableName), 2)} ${late.length === 1 ? 'waits' : 'wait'} for a vacuum`,
    old.length > 0 && `${list(old.map(tableName), 2)} ${old.length === 1 ? 'has' : 'have'} stale statistics`,
  ].filter(Boolean);
  return left.length > 0 ? `${size} ${left.join('; ')}.` : `${size} None waits for a vacuum or new statistics.`;
}
