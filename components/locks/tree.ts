import type { PreviewBody } from '@/lib/actions/protocol';
import type { Row } from '@/lib/topics/index';

/** A row of topic `locks`: a session that waits for a lock or is waited for, in the order of its tree. */
export type LockRow = Row<'locks'>;

/** One line of the blocking tree: a session, or several alike folded into one that still counts. */
export type TreeLine =
  | {
      kind: 'session';
      id: string;
      row: LockRow;
      level: number;
      /** No sibling follows below. */
      last: boolean;
      /** How many lines stand under it; 0 for a leaf. */
      below: number;
      open: boolean;
      /** For each level above, whether a line runs on past this one to a later sibling. */
      runsOn: boolean[];
    }
  | {
      kind: 'fold';
      id: string;
      /** The one that stands for them, shown above. */
      like: LockRow;
      rows: LockRow[];
      level: number;
      last: boolean;
      open: boolean;
      runsOn: boolean[];
    };

/** Which lines a reader opened or closed, by the id of the line; folds are closed and sessions open unless named. */
export type Toggled = ReadonlySet<string>;

/** From how many like siblings on the rest is folded. */
const foldFrom = 3;

/** The line id of a session: pid and start, so that a reused pid is another line. */
export function lineId(row: Pick<LockRow, 'pid' | 'backend_start_us'>): string {
  return `${row.pid}:${row.backend_start_us ?? ''}`;
}

/** The lines of all trees, root first, each waiter under the one it waits for, like leaves folded. */
export function treeLines(rows: LockRow[], toggled: Toggled = new Set()): TreeLine[] {
  const children = new Map<number | null, LockRow[]>();
  for (const row of rows) {
    const siblings = children.get(row.parent_pid);
    if (siblings) siblings.push(row);
    else children.set(row.parent_pid, [row]);
  }
  const lines: TreeLine[] = [];

  const add = (row: LockRow, level: number, last: boolean, runsOn: boolean[]) => {
    const id = lineId(row);
    const below = children.get(row.pid)?.length ?? 0;
    const open = below > 0 && !toggled.has(id);
    lines.push({ kind: 'session', id, row, level, last, below, open, runsOn });
    if (open) addAll(row.pid, level + 1, [...runsOn, !last]);
  };

  const addAll = (parent: number | null, level: number, runsOn: boolean[]) => {
    const siblings = children.get(parent) ?? [];
    const folds = gather(siblings, children).filter(({ rest }) => rest.length + 1 >= foldFrom);
    const folded = new Set(folds.flatMap(({ rest }) => rest));
    const shown = siblings.filter((row) => !folded.has(row));
    shown.forEach((row, at) => {
      add(row, level, folds.length === 0 && at === shown.length - 1, runsOn);
    });
    folds.forEach(({ first, rest }, at) => {
      const id = `fold:${parent}:${likeness(first)}`;
      const open = toggled.has(id);
      const lastFold = at === folds.length - 1;
      lines.push({ kind: 'fold', id, like: first, rows: rest, level, last: lastFold && !open, open, runsOn });
      if (open)
        rest.forEach((row, index) => {
          add(row, level, lastFold && index === rest.length - 1, runsOn);
        });
    });
  };

  addAll(null, 0, []);
  return lines;
}

/** Siblings in order; leaves that are alike come as one group at the place of the first. Roots are never alike. */
function gather(siblings: LockRow[], children: Map<number | null, LockRow[]>): { first: LockRow; rest: LockRow[] }[] {
  const groups = new Map<string, { first: LockRow; rest: LockRow[] }>();
  for (const row of siblings) {
    const leaf = row.parent_pid !== null && !children.has(row.pid);
    const key = leaf ? likeness(row) : lineId(row);
    const group = groups.get(key);
    if (group) group.rest.push(row);
    else groups.set(key, { first: row, rest: [] });
  }
  return [...groups.values()];
}

/** Sessions are alike when the same application waits with the same statement for the same lock. */
function likeness(row: LockRow): string {
  return JSON.stringify([row.usename, row.application_name, row.wants_mode, row.wants_object, row.query]);
}

/** The ids of all folds there can be, to open or close them together. */
export function foldIds(rows: LockRow[]): string[] {
  return treeLines(rows).flatMap((line) => (line.kind === 'fold' ? [line.id] : []));
}

/** The longest wait of each tree in seconds, by the pid of its root. */
export function longestWaits(rows: LockRow[]): Map<number, number> {
  const longest = new Map<number, number>();
  for (const row of rows) longest.set(row.root_pid, Math.max(longest.get(row.root_pid) ?? 0, row.waits_seconds ?? 0));
  return longest;
}

/** A lock mode without its tail: `AccessExclusive`. */
export function shortMode(mode: string): string {
  return mode.replace(/Lock$/, '');
}

/** What a session holds that others wait for, or what it wants: verb, mode and object; undefined where nothing is known. */
export function lockWords(row: LockRow): { verb: 'holds' | 'wants'; mode: string; object: string } | undefined {
  if (row.wants_mode) return { verb: 'wants', mode: row.wants_mode, object: row.wants_object ?? '' };
  const [held] = row.holds;
  if (!held) return undefined;
  const more = row.holds.length > 1 ? ` and ${row.holds.length - 1} more` : '';
  return { verb: 'holds', mode: held.mode, object: `${held.object}${more}` };
}

/** The time that counts in the tree, in seconds: a waiter's wait; for who does not wait, the age of its transaction. */
export function timeOf(row: LockRow): { label: 'Waits' | 'Open for'; seconds: number | null } {
  if (row.waits_seconds !== null) return { label: 'Waits', seconds: row.waits_seconds };
  return { label: 'Open for', seconds: row.xact_seconds ?? row.state_seconds };
}

/** Which button helps at a session: the one that frees others; undefined for a session that frees nobody. */
export function remedyOf(row: LockRow): 'terminate' | 'cancel' | undefined {
  if (row.frees === 0 || row.pid === 0 || !row.backend_start_us || row.backend_type !== 'client backend')
    return undefined;
  if (row.state === 'active' && row.query_start_us) return 'cancel';
  return row.state?.startsWith('idle in transaction') ? 'terminate' : undefined;
}

/** The preview to ask for, to cancel or terminate the session of a row. */
export function actionOn(row: LockRow, action: 'cancel' | 'terminate'): PreviewBody {
  const target = { kind: 'backend' as const, pid: row.pid, backend_start_us: row.backend_start_us ?? '' };
  return {
    action,
    target: action === 'cancel' && row.query_start_us ? { ...target, query_start_us: row.query_start_us } : target,
  };
}

/** A line of the tree as text, to paste into a message. */
export function rowAsText(row: LockRow): string {
  const lock = lockWords(row);
  const time = timeOf(row);
  return [
    row.pid === 0 ? 'prepared transaction' : `session ${row.pid}`,
    [row.usename, row.application_name, row.datname].filter(Boolean).join(', '),
    row.state && `state: ${row.state}`,
    lock && `${lock.verb} ${lock.mode} on ${lock.object}`,
    time.seconds !== null && `${time.label.toLowerCase()}: ${Math.round(time.seconds)} s`,
    row.blocked_by.length > 0 && `waits for: ${row.blocked_by.join(', ')}`,
    `frees: ${row.frees}`,
    row.query && `statement: ${row.query}`,
  ]
    .filter(Boolean)
    .join('\n');
}
