import { visible } from '@/components/ui/highlight';
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
  return visible(row.schemaname === 'public' ? row.relname : `${row.schemaname}.${row.relname}`);
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

/** What the sizes consist of, in one sentence: rows, indexes, TOAST. */
export function sizeSentence(own: Table[]): string {
  const sum = (part: 'total_bytes' | 'heap_bytes' | 'index_bytes' | 'toast_bytes') =>
    own.reduce((total, row) => total + row[part], 0);
  const total = sum('total_bytes');
  if (total === 0) return 'Nothing is stored yet.';
  return `${percent(sum('heap_bytes') / total)} of ${bytes(total)} are rows, ${percent(sum('index_bytes') / total)} indexes, ${percent(sum('toast_bytes') / total)} TOAST.`;
}

/** What is left to do, and whose sizes are not measured, in one sentence. */
export function maintenanceSentence(rows: Table[]): string {
  const dead = rows.filter((row) => row.relkind !== 'p').reduce((sum, row) => sum + row.n_dead_tup, 0);
  const estimated = rows.filter((row) => !row.size_exact).length;
  const off = rows.filter((row) => row.relkind === 'r' && !row.autovacuum_enabled);
  return [
    `${plural(dead, 'dead row')} in ${plural(rows.length, 'table')}.`,
    off.length > 0 &&
      `Autovacuum is off for ${off.length === rows.length ? 'all of them' : list(off.map(tableName), 2)}.`,
    estimated > 0 &&
      `${plural(estimated, 'size is an estimate', 'sizes are estimates')}: only the largest are measured.`,
  ]
    .filter(Boolean)
    .join(' ');
}

/** Why ANALYZE cannot be offered for a table; undefined where it can. */
export function whyNotAnalyze(row: Pick<Table, 'relkind'>, standby: boolean): string | undefined {
  if (standby) return 'This is a standby: statistics come from its primary. Analyze there.';
  if (!['r', 'p', 'm'].includes(row.relkind)) return 'It has no rows of its own to sample.';
  return undefined;
}
