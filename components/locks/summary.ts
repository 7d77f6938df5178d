import { nowSeconds } from '@/components/charts/summary';
import { clockMinutes, count, dayAndMonth, durationInWords, plural } from '@/lib/format';
import type { LockRow } from './tree';

const waits = (some: number) => (some === 1 ? 'waits' : 'wait');

type Tree = { root: LockRow; waiters: LockRow[] };

/** The trees of the rows, the one with most waiters first. */
export function trees(rows: LockRow[]): Tree[] {
  return rows
    .filter((row) => row.parent_pid === null)
    .map((root) => ({ root, waiters: rows.filter((row) => row.root_pid === root.pid && row.pid !== root.pid) }))
    .sort((a, b) => b.waiters.length - a.waiters.length);
}

/** How a root is called in a sentence. */
export function rootName(root: LockRow): string {
  return root.pid === 0 ? 'a prepared transaction' : `session ${root.pid}`;
}

/**
 * The page in sentences: how many wait, behind whom, and what ending the root would do.
 * `11 sessions wait in one tree; the root is session 4711. Ending it lets all 11 go on. 1 more session waits behind session 5120.`
 */
export function locksSentence(rows: LockRow[]): string {
  const [largest, ...others] = trees(rows).filter(({ waiters }) => waiters.length > 0);
  if (!largest) return 'No session waits for a lock.';
  const { root, waiters } = largest;
  const first =
    waiters.length === 1
      ? `1 session waits, behind ${rootName(root)}.`
      : `${plural(waiters.length, 'session')} wait in one tree; the root is ${rootName(root)}.`;
  return [first, freeing(root, waiters), elsewhere(others)].filter(Boolean).join(' ');
}

function freeing(root: LockRow, waiters: LockRow[]): string {
  const all = waiters.length;
  if (root.frees === 0) return 'Ending it frees nobody: those behind it wait for others too.';
  if (root.frees < all) return `Ending it lets ${count(root.frees)} of them go on.`;
  return all === 1 ? 'Ending that one lets it go on.' : `Ending it lets all ${count(all)} go on.`;
}

function elsewhere(others: Tree[]): string | undefined {
  const more = others.reduce((sum, tree) => sum + tree.waiters.length, 0);
  const [only] = others;
  if (!only) return undefined;
  const who = `${count(more)} more ${more === 1 ? 'session' : 'sessions'} ${waits(more)}`;
  return others.length === 1 ? `${who} behind ${rootName(only.root)}.` : `${who} in ${others.length} other trees.`;
}

/**
 * Why plain reads wait, where they do: of the sessions that free most others when they end, one that holds or wants
 * AccessExclusiveLock on a table and keeps readers waiting; undefined where no reader waits.
 */
export function whyReadsWait(rows: LockRow[]): { title: string; text: string } | undefined {
  const readers = rows.filter((row) => row.wants_mode === 'AccessShareLock');
  if (readers.length === 0) return undefined;
  const blocksReaders = (row: LockRow) =>
    readers.some((reader) => reader.parent_pid === row.pid || reader.blocked_by.includes(row.pid));
  const gates = rows
    .filter((row) => row.wants_mode === 'AccessExclusiveLock' && blocksReaders(row))
    .sort((a, b) => b.frees - a.frees);
  const [gate] = gates;
  if (gate) {
    const root = rows.find((row) => row.pid === gate.root_pid);
    const frees =
      gate.frees === 0
        ? ''
        : ` Cancelling ${gate.pid} frees ${plural(gate.frees, 'session')} at once${root && root.pid !== gate.pid ? `; ${root.pid === 0 ? 'the prepared transaction' : root.pid} keeps its locks` : ''}.`;
    return {
      title: 'Why reads wait too.',
      text: `${gate.pid} wants AccessExclusiveLock on ${gate.wants_object ?? 'a table'}. It has not got it, but later requests line up behind it, even plain reads.${frees}`,
    };
  }
  const holder = rows.find(
    (row) => row.holds.some((lock) => lock.mode === 'AccessExclusiveLock') && blocksReaders(row),
  );
  if (!holder) return undefined;
  const held = holder.holds.find((lock) => lock.mode === 'AccessExclusiveLock');
  return {
    title: 'Why reads wait too.',
    text: `${holder.pid === 0 ? 'A prepared transaction' : holder.pid} holds AccessExclusiveLock on ${held?.object ?? 'a table'} until its transaction ends. That lock shuts out everything else, even plain reads.`,
  };
}

/** `hour`, `42 min`, `7 d`: how long the points reach back. */
function spanWords(span: number): string {
  if (span >= 3500 && span <= 3700) return 'hour';
  const unit = span > 2 * 86_400 ? 86_400 : span > 5400 ? 3600 : 60;
  return durationInWords(Math.max(60, Math.round(span / unit) * unit));
}

const moment = (seconds: number, zone?: string) => {
  const at = new Date(seconds * 1000);
  return `${dayAndMonth(at, zone)}, ${clockMinutes(at, zone)}`;
};

/** A point of the waiting-sessions series: epoch seconds and the value, null in a gap. */
type WaitingPoint = (number | null)[];

/**
 * What the chart shows, from its points: `12 now, the most in the last hour; without a break since 03:01.`
 * `zone` is for tests; missing, the reader's own.
 */
export function waitingSentence(points: WaitingPoint[], stepSeconds: number, zone?: string): string {
  const known = points.filter((point) => typeof point[1] === 'number') as [number, number][];
  const now = known.at(-1);
  if (!now) return 'Nothing is known yet; the first figures come within 10 s.';
  const most = known.reduce((top, point) => (point[1] >= top[1] ? point : top), now);
  const span = known.length * stepSeconds;
  const window = `in the last ${spanWords(span)}`;
  const at = (seconds: number) =>
    span > 72_000 ? moment(seconds, zone) : clockMinutes(new Date(seconds * 1000), zone);
  if ((points.at(-1)?.[0] ?? 0) - now[0] >= Math.max(nowSeconds, 1.5 * stepSeconds))
    return `Not known since ${at(now[0])}: what sessions do is hidden, or the server cannot be asked; at most ${count(most[1])} before.`;
  if (most[1] === 0) return `None now, and none ${window}.`;
  const busy = known.filter((point) => point[1] > 0).length * stepSeconds;
  const lasting = `about ${durationInWords(busy)} ${window} with somebody waiting`;
  if (now[1] === 0) return `None now; at most ${count(most[1])}, at ${at(most[0])}; ${lasting}.`;
  let since = now[0];
  for (let index = known.length - 2; index >= 0 && (known[index]?.[1] ?? 0) > 0; index--)
    since = known[index]?.[0] ?? since;
  const head =
    most[1] > now[1]
      ? `${count(now[1])} now; at most ${count(most[1])}, at ${at(most[0])}`
      : `${count(now[1])} now, the most ${window}`;
  return `${head}; without a break since ${at(since)}.`;
}
