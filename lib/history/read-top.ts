import { waitClasses } from '@/lib/topics/connections';
import type { LoadBy, Source, TopAnswer, TopRow } from './answers';
import { planSpan, type Range, type Reach } from './levels';
import { classOfWait, type LoadFilter, loadQuestion } from './load-filter';
import { sumKeyed } from './read-keyed';
import { keyWords, loadSeconds, tablesFor } from './read-load';
import type { Reader } from './reader';
import { restKey } from './roll-up';

const mostRows = 50;

type Load = { seconds: number; classes: Record<string, number> };

const empty = (): Load => ({ seconds: 0, classes: {} });

function add(load: Load, waitClass: string, seconds: number): void {
  load.seconds += seconds;
  load.classes[waitClass] = (load.classes[waitClass] ?? 0) + seconds;
}

/** Seconds of load in a range by key (a name, a statement's id) and wait class; `covered` is what samples stand for. */
export type LoadBySlice = {
  from: number;
  to: number;
  covered: number;
  source: Source;
  entries: { key: string; waitClass: string; seconds: number }[];
};

/** Load by key from the store. */
async function storedLoad(
  reader: Reader,
  server: number,
  by: LoadBy,
  filters: LoadFilter[],
  range: Range,
): Promise<LoadBySlice> {
  const question = await loadQuestion(reader, by, filters);
  const reach = await reader.reach();
  const plan = planSpan(tablesFor(question, range, reach, reader.rawDays), range, reach);
  const byWait = by === 'wait' || by === 'class';
  const rows = await loadSeconds(
    reader,
    server,
    question,
    plan.pieces,
    byWait ? { wait: 'wait' } : { key: 'key', wait: 'class' },
  );
  const waits = await reader.waits();
  const word = await keyWords(
    reader,
    by,
    rows.flatMap(([, key]) => key ?? []),
  );
  const entries = rows.flatMap(([, key, wait, seconds]) => {
    if (seconds === null) return [];
    const waitClass = byWait ? classOfWait(waits.get(wait ?? 0)) : (waitClasses[wait ?? 9] ?? 'other');
    const name = by === 'class' ? waitClass : by === 'wait' ? (waits.get(wait ?? 0) ?? 'unknown') : (key ?? '0');
    return [{ key: byWait || name === restKey ? name : word(name), waitClass, seconds }];
  });
  const covered = rows.reduce((sum, row) => sum + (row[4] ?? 0), 0);
  return { from: plan.first, to: plan.end, covered, source: plan.source, entries };
}

/** What caused load in a range, from the store: the fifty greatest, and all others as one, so that they sum to the whole. */
export async function readTop(
  reader: Reader,
  server: number,
  by: LoadBy,
  filters: LoadFilter[],
  range: Range,
  known?: LoadBySlice,
): Promise<Omit<TopAnswer, 'cpus'>> {
  const load = known ?? (await storedLoad(reader, server, by, filters, range));
  const answer = topOf(by, load);
  if (by !== 'statement') return answer;
  const ids = answer.rows.map(({ key }) => key);
  const told = await statements(reader, server, ids, load, await reader.reach());
  return { ...answer, rows: answer.rows.map((row) => ({ ...row, ...told.get(row.key) })) };
}

/** The greatest of what caused load, and all others as one. */
export function topOf(by: LoadBy, { from, to, covered, source, entries }: LoadBySlice): Omit<TopAnswer, 'cpus'> {
  const whole = empty();
  const byKey = new Map<string, Load>();
  for (const { key, waitClass, seconds } of entries) {
    const load = byKey.get(key) ?? empty();
    byKey.set(key, load);
    add(load, waitClass, seconds);
    add(whole, waitClass, seconds);
  }
  const perSecond = (seconds: number) => (covered > 0 ? seconds / covered : 0);
  const classesOf = (load: Load) =>
    Object.fromEntries(Object.entries(load.classes).map(([name, seconds]) => [name, perSecond(seconds)]));
  const sorted = [...byKey].sort((a, b) => b[1].seconds - a[1].seconds);
  const listed = sorted.filter(([key]) => key !== restKey).slice(0, mostRows);
  const names = new Set(listed.map(([key]) => key));
  const others = sorted.filter(([key]) => !names.has(key));
  const rest = empty();
  for (const [, { classes }] of others) for (const [name, seconds] of Object.entries(classes)) add(rest, name, seconds);
  return {
    by,
    from,
    to,
    coveredSeconds: covered,
    load: perSecond(whole.seconds),
    rows: listed.map(
      ([key, load]): TopRow => ({
        key,
        label: by === 'statement' ? null : key || null,
        load: perSecond(load.seconds),
        share: whole.seconds > 0 ? load.seconds / whole.seconds : 0,
        classes: classesOf(load),
      }),
    ),
    other: others.length > 0 ? { rows: others.length, load: perSecond(rest.seconds), classes: classesOf(rest) } : null,
    source,
  };
}

/** Texts and names of statements by their ids. */
export async function describeStatements(
  reader: Reader,
  server: number,
  ids: string[],
): Promise<Map<string, { label: string | null; queryid: string; datname: string | null; usename: string | null }>> {
  type Row = { sid: string; queryid: string; label: string | null; datname: string | null; usename: string | null };
  const rows = await reader.rows<Row>(
    `select /* pgdeck:read */ s.sid::text as sid, s.queryid::text as queryid, s.query as label, s.datname, s.usename
from pgdeck.statement as s where s.server_id = $1::int4 and s.sid = any ($2::int8[])`,
    [server, ids],
  );
  return new Map(rows.map(({ sid, ...row }) => [sid, row]));
}

async function statements(
  reader: Reader,
  server: number,
  ids: string[],
  { from, to }: { from: number; to: number },
  reach: Reach,
): Promise<Map<string, Partial<TopRow>>> {
  const columns = ['calls', 'total_exec_time'];
  const sums = (range: Range) => sumKeyed(reader, server, 'statement', range, { reach, keys: ids, columns });
  const [described, now, before] = await Promise.all([
    describeStatements(reader, server, ids),
    sums({ from, to }),
    sums({ from: from - (to - from), to: from }),
  ]);
  const whole = before.seconds >= 0.9 * (to - from);
  const mean = (row: Record<string, number | null> | undefined) =>
    row?.calls && typeof row.total_exec_time === 'number' ? row.total_exec_time / row.calls : null;
  return new Map(
    ids.map((id): [string, Partial<TopRow>] => {
      const row = now.rows.get(id);
      const [present, old] = [mean(row), mean(before.rows.get(id))];
      return [
        id,
        {
          ...described.get(id),
          calls_per_second: row && now.seconds > 0 && typeof row.calls === 'number' ? row.calls / now.seconds : null,
          mean_exec_time: present,
          // New is only what was surely not there before.
          ...((old || whole) && { mean_change: present !== null && old ? present / old - 1 : null }),
        },
      ];
    }),
  );
}
