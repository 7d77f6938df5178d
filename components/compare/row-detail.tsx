import { visible } from '@/components/ui/highlight';
import { SqlBlock } from '@/components/ui/sql';
import { byteRate, bytes, count, durationInWords, figure, milliseconds } from '@/lib/format';
import type { CompareAnswer, ComparedRow } from '@/lib/history/answers';
import { Link } from '../ui/link';
import { changeColor, PairCell, pieceStyle, signed } from './cells';
import { perSecondText } from './columns';
import { callPair, executingPair, type Pair, plainPair, ratePair, stepScale, steps, type TimePart } from './figures';

/** A compared statement in full: its text, where its change comes from, and the figures of both windows. */
export function StatementCompared({ row, answer, href }: { row: ComparedRow; answer: CompareAnswer; href: string }) {
  const { a, b } = answer;
  const per = (name: string) => ratePair(row, name, a, b);
  const call = (name: string) => callPair(row, name);
  return (
    <div className="compare-detail">
      <div className="grid grid-cols-1 gap-2">
        {row.label && <SqlBlock sql={row.label} label="statement" />}
        <p>
          <Link href={href} prefetch={false}>
            Open statement
          </Link>
        </p>
      </div>
      <div className="grid grid-cols-1 gap-3">
        {row.time && <Waterfall row={row} answer={answer} />}
        <dl className="facts">
          <Fact name="Calls /s" pair={per('calls')} text={count} />
          <Fact name="A call" pair={call('total_exec_time')} text={milliseconds} />
          <Fact name="Rows a call" pair={call('rows')} text={count} />
          <Fact name="Found a call" pair={call('shared_blks_hit')} text={count} unit=" blocks" />
          <Fact name="Read a call" pair={call('shared_blks_read')} text={count} unit=" blocks" />
          <Fact name="Temporary a call" pair={call('temp_blks_written')} text={count} unit=" blocks" />
          <Fact name="WAL" pair={per('wal_bytes')} text={byteRate} />
          <dt>Ran in</dt>
          <dd>{visible(`${row.datname ?? 'a dropped database'} as ${row.usename ?? 'a dropped role'}`)}</dd>
        </dl>
      </div>
    </div>
  );
}

/** A compared table or wait in full: the figures of both windows. */
export function FiguresCompared({ row, answer }: { row: ComparedRow; answer: CompareAnswer }) {
  if (answer.topic === 'load')
    return (
      <dl className="facts">
        <Fact name="Load" pair={ratePair(row, 'seconds', answer.a, answer.b)} text={figure} unit=" sessions" />
        <Fact name="In all" pair={plainPair(row, 'seconds')} text={durationInWords} />
      </dl>
    );
  const names = [...new Set([...Object.keys(row.a ?? {}), ...Object.keys(row.b ?? {})])];
  const size = /_bytes$|^n_(live|dead)_tup$/;
  return (
    <dl className="facts">
      {names.map((name) => (
        <Fact
          key={name}
          name={size.test(name) ? name : `${name} /s`}
          pair={size.test(name) ? plainPair(row, name) : ratePair(row, name, answer.a, answer.b)}
          text={name.endsWith('_bytes') ? bytes : count}
        />
      ))}
    </dl>
  );
}

function Fact({
  name,
  pair,
  text,
  unit = '',
}: {
  name: string;
  pair: Pair;
  text: (value: number) => string;
  unit?: string;
}) {
  return (
    <div className="contents">
      <dt>{name}</dt>
      <dd>
        <PairCell pair={pair} text={text} />
        {unit}
      </dd>
    </div>
  );
}

function Waterfall({ row, answer }: { row: ComparedRow; answer: CompareAnswer }) {
  if (!row.time) return null;
  const before = ratePair(row, 'total_exec_time', answer.a, answer.b).a ?? 0;
  const scale = stepScale([row.time]);
  const room = { least: Math.min(0, before + scale.least), most: Math.max(before, before + scale.most, 0.001) };
  const parts = steps(row.time).filter(({ from, to }) => from !== to);
  return (
    <ul className="waterfall-list" aria-label="Where the change of time comes from, per second">
      <Line name="A, before" from={0} to={before} room={room} text={perSecondText(before)} neutral />
      {parts.map(({ part, from, to }) => (
        <Line
          key={part}
          name={partText(part, to - from, row, answer)}
          from={before + from}
          to={before + to}
          room={room}
          text={signed(to - from, perSecondText)}
        />
      ))}
      <Line
        name="B"
        from={0}
        to={before + row.time.total}
        room={room}
        text={perSecondText(before + row.time.total)}
        neutral
      />
    </ul>
  );
}

function Line({
  name,
  from,
  to,
  room,
  text,
  neutral,
}: {
  name: string;
  from: number;
  to: number;
  room: { least: number; most: number };
  text: string;
  neutral?: boolean;
}) {
  return (
    <li data-whole={neutral}>
      <span>{name}</span>
      <span className="waterfall" aria-hidden>
        <i
          style={{
            ...pieceStyle(from, to, room),
            top: '15%',
            height: '70%',
            background: neutral ? 'var(--n-500)' : changeColor(to - from),
          }}
        />
      </span>
      <span className={`number ${neutral ? '' : to > from ? 'text-critical' : 'text-ok'}`}>{text}</span>
    </li>
  );
}

function partText(part: TimePart, value: number, row: ComparedRow, { a, b }: CompareAnswer): string {
  const fromTo = (pair: Pair, text: (value: number) => string, tail: string) =>
    pair.a === null || pair.b === null ? '' : `: ${text(pair.a)} → ${text(pair.b)} ${tail}`;
  const less = value < 0;
  switch (part) {
    case 'calls':
      return `${less ? 'Fewer' : 'More'} calls${fromTo(ratePair(row, 'calls', a, b), count, 'per s')}`;
    case 'reading':
      return `${less ? 'Less' : 'More'} reading${fromTo(callPair(row, 'shared_blks_read'), count, 'blocks a call')}`;
    case 'writing':
      return `${less ? 'Less' : 'More'} writing${fromTo(callPair(row, 'blk_write_time'), milliseconds, 'a call')}`;
    case 'planning':
      return `${less ? 'Less' : 'More'} planning${fromTo(callPair(row, 'total_plan_time'), milliseconds, 'a call')}`;
    case 'executing':
      return `${less ? 'Less' : 'More'} executing${fromTo(executingPair(row), milliseconds, 'a call')}`;
  }
}
