import fc from 'fast-check';
import { expect, test } from 'vitest';
import { keyedTables, loadTables, metricTables, mostPoints, planPoints, planSpan, type Reach } from './levels';

const now = 1_800_000_000;
const day = 86_400;
const reach = (marks: Record<string, number>): Reach => ({
  now,
  kept: { raw: now - 2 * day, minute: now - 14 * day, hour: now - 400 * day },
  marks: new Map(Object.entries(marks)),
});
const families = [metricTables, loadTables.wait, loadTables.slice, keyedTables('statement'), keyedTables('table')];

const asked = fc.record({
  tables: fc.constantFrom(...families),
  from: fc.integer({ min: now - 400 * day, max: now - 60 }),
  span: fc.integer({ min: 60, max: 400 * day }),
  lags: fc.array(fc.integer({ min: 0, max: 3 * day }), { minLength: 4, maxLength: 4 }),
  step: fc.option(fc.integer({ min: 1, max: 9000 }), { nil: undefined }),
});

const marksOf = (tables: typeof metricTables, lags: number[]) =>
  reach(Object.fromEntries(tables.flatMap(({ rollUp }, at) => (rollUp ? [[rollUp, now - (lags[at - 1] ?? 0)]] : []))));

test('pieces cover a range once, in order, each aligned to its rows, and no roll-up is read beyond what it holds', () => {
  fc.assert(
    fc.property(asked, ({ tables, from, span, lags, step }) => {
      const known = marksOf(tables, lags);
      const range = { from, to: Math.min(now, from + span), step: step && step * 10 };
      for (const plan of [planPoints(tables, range, known), planSpan(tables, range, known)]) {
        let at = plan.first;
        for (const piece of plan.pieces) {
          expect(piece.from).toBe(at);
          expect(piece.to).toBeGreaterThan(piece.from);
          expect(piece.from % piece.seconds).toBe(0);
          const mark = known.marks.get(piece.table);
          if (mark !== undefined) expect(piece.to).toBeLessThanOrEqual(mark);
          at = piece.to;
        }
        expect(at).toBe(plan.end);
      }
    }),
  );
});

test('a range has at most 600 points where no step is asked for, and no step is finer than what is kept', () => {
  fc.assert(
    fc.property(asked, ({ tables, from, span, lags }) => {
      const known = marksOf(tables, lags);
      const { step, first, end } = planPoints(tables, { from, to: Math.min(now, from + span) }, known);
      expect((end - first) / step).toBeLessThanOrEqual(mostPoints + 1);
      const least =
        from < known.kept.minute ? 3600 : from < known.kept.raw ? (tables[1]?.seconds ?? 0) : tables[0]?.seconds;
      expect(step).toBeGreaterThanOrEqual(least ?? 0);
      expect(step % (least ?? 1)).toBe(0);
    }),
  );
});

test.each([
  [15 * 60, 10, 'raw'],
  [3600, 10, 'raw'],
  [6 * 3600, 60, 'minute'],
  [day, 600, 'minute'],
  [30 * day, 10_800, 'hour'],
  [400 * day, 86_400, 'hour'],
])('%i s in steps of %i s from %s', (span, step, source) => {
  const marks = reach({ metric_1m: now - 60, metric_1h: now - 3600 });
  expect(planPoints(metricTables, { from: now - span, to: now }, marks)).toMatchObject({ step, source });
});
