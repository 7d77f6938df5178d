import { change, notApplicable } from '@/lib/format';
import type { TimeChange } from '@/lib/history/answers';
import { type Pair, steps } from './figures';

/** What each part of a change of time is called. */
export const partLabels = {
  calls: 'calls',
  reading: 'reading',
  writing: 'writing',
  planning: 'planning',
  executing: 'executing',
} as const;

/** A number with its sign: `+1.2 ms/s`, `−3 ms/s`. */
export function signed(value: number, text: (value: number) => string): string {
  const size = text(Math.abs(value));
  // Too small to be told from nothing: neither more nor less.
  if (value === 0 || size.startsWith('<')) return text(0);
  return `${value > 0 ? '+' : '−'}${size}`;
}

/** The colour of a change of time: red where it is worse, green where it is better. */
export const changeColor = (value: number) => (value > 0 ? 'var(--critical-border)' : 'var(--ok-border)');

type Scale = { least: number; most: number };

const place = (value: number, { least, most }: Scale) => (most > least ? ((value - least) / (most - least)) * 100 : 0);

/** Where a piece of a signed bar stands, in percent of its room. */
export function pieceStyle(from: number, to: number, scale: Scale): { left: string; width: string } {
  const [start, end] = [place(Math.min(from, to), scale), place(Math.max(from, to), scale)];
  return { left: `${start}%`, width: `max(1px, ${end - start}%)` };
}

/** A change of time as a small waterfall: its parts behind one another from zero, each on a line of its own. */
export function WaterfallCell({
  time,
  scale,
  text,
  marked,
}: {
  time: TimeChange;
  scale: Scale;
  text: (value: number) => string;
  /** Worse and large enough to be red. */
  marked: boolean;
}) {
  const parts = steps(time).filter(({ from, to }) => from !== to);
  const words = parts.map(({ part, from, to }) => `${partLabels[part]} ${signed(to - from, text)}`).join(', ');
  return (
    <div className="load-cell">
      <span
        className="waterfall"
        {...(words ? { role: 'img', 'aria-label': words, title: words } : { 'aria-hidden': true })}
      >
        <i className="waterfall-zero" style={{ left: `${place(0, scale)}%` }} />
        {parts.map(({ part, from, to }, lane) => (
          <i
            key={part}
            style={{
              ...pieceStyle(from, to, scale),
              top: `${(lane * 100) / parts.length}%`,
              height: `${100 / parts.length}%`,
              background: changeColor(to - from),
            }}
          />
        ))}
      </span>
      <b className={`number ${marked ? 'text-critical' : ''}`}>{signed(time.total, text)}</b>
    </div>
  );
}

/** A signed number as a bar from the middle; neutral, for a larger table is not a worse one. */
export function SignedCell({
  value,
  scale,
  text,
  marked = false,
}: {
  value: number;
  scale: Scale;
  text: (value: number) => string;
  marked?: boolean;
}) {
  return (
    <div className="load-cell">
      <span className="waterfall" aria-hidden>
        <i className="waterfall-zero" style={{ left: `${place(0, scale)}%` }} />
        {value !== 0 && (
          <i style={{ ...pieceStyle(0, value, scale), top: '20%', height: '60%', background: 'var(--n-500)' }} />
        )}
      </span>
      <b className={`number ${marked ? 'text-critical' : ''}`}>{signed(value, text)}</b>
    </div>
  );
}

/** A figure of A and of B: `38 → 40`. */
export function PairCell({ pair, text }: { pair: Pair; text: (value: number) => string }) {
  const part = (value: number | null) => (value === null ? notApplicable : text(value));
  if (pair.a === null && pair.b === null) return <span className="muted">{notApplicable}</span>;
  if (pair.a !== null && pair.b !== null && part(pair.a) === part(pair.b))
    return <span className="muted">{part(pair.b)}</span>;
  const title = pair.a !== null && pair.b !== null ? change(pair.a, pair.b) : undefined;
  return (
    <span title={title}>
      <span className="muted">{part(pair.a)} → </span>
      {part(pair.b)}
    </span>
  );
}
