import { waitClasses } from '@/lib/topics/connections';
import type { LoadBy, TopAnswer, TopRow } from './answers';
import { planSpan, type Range, type Reach } from './levels';
import { type LoadFilter, loadQuestion } from './load-filter';
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

/** What caused load in a range: the fifty greatest, and all others as one, so that they sum to the whole. */
export async function readTop(
  reader: Reader,
  server: number,
  by: LoadBy,
  filters: LoadFilter[],
  range: Range,
): Promise<Omit<TopAnswer, 'cpus'>> {
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
  const waits = new Map(question.classes.ids.map((id, at) => [id, waitClasses[question.classes.classes[at] ?? 9]]));
  const className = (wait: number | null) => (byWait ? waits.get(wait ?? 0) : waitClasses[wait ?? 9]) ?? 'other';
  const whole = empty();
  const byKey = new Map<string, Load>();
  let covered = 0;
  for (const [, key, wait, seconds, coveredOf] of rows) {
    covered += coveredOf ?? 0;
    if (seconds === null) continue;
    const own = by === 'class' ? className(wait) : by === 'wait' ? String(wait) : (key ?? '0');
    const load = byKey.get(own) ?? empty();
    byKey.set(own, load);
    add(load, className(wait), seconds);
    add(whole, className(wait), seconds);
  }
  const perSecond = (seconds: number) => (covered > 0 ? seconds / covered : 0);
  const classesOf = (load: Load) =>
    Object.fromEntries(Object.entries(load.classes).map(([name, seconds]) => [name, perSecond(seconds)]));
  const sorted = [...byKey].sort((a, b) => b[1].seconds - a[1].seconds);
  const listed = sorted.filter(([key]) => byWait || key !== restKey).slice(0, mostRows);
  const names = new Set(listed.map(([key]) => key));
  const others = sorted.filter(([key]) => !names.has(key));
  const word = await keyWords(reader, by, names);
  const rest = empty();
  for (const [, { classes }] of others) for (const [name, seconds] of Object.entries(classes)) add(rest, name, seconds);

  const span = { from: plan.first, to: plan.end };
  const told = by === 'statement' ? await statements(reader, server, [...names], span, reach) : undefined;
  return {
    by,
    ...span,
    coveredSeconds: covered,
    load: perSecond(whole.seconds),
    rows: listed.map(([key, load]): TopRow => {
      const name = word(key);
      return {
        key: name,
        label: by === 'statement' ? null : name || null,
        load: perSecond(load.seconds),
        share: whole.seconds > 0 ? load.seconds / whole.seconds : 0,
        classes: classesOf(load),
        ...told?.get(key),
      };
    }),
    other: others.length > 0 ? { rows: others.length, load: perSecond(rest.seconds), classes: classesOf(rest) } : null,
    source: plan.source,
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
          mean_change: present !== null && old ? present / old - 1 : null,
        },
      ];
    }),
  );
}
