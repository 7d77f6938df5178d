import { expect, test } from 'vitest';
import { Budget, type BudgetChange, countedTime, measuredTime } from './budget';

/** A budget of 1 % that is fed what a server would count, minute by minute; `own` and `all` in ms per second. */
function watched(percent = 1) {
  const changes: BudgetChange[] = [];
  const budget = new Budget(percent, (change) => changes.push(change));
  let at = 0;
  const pass = (how: 'counted' | 'measured', minutes: number, own: () => number, all: (() => number) | null) => {
    for (let minute = 0; minute < minutes; minute++) {
      at += 60_000;
      budget.take(how, at, 60, own() * 60, all === null ? null : all() * 60);
    }
  };
  return { budget, changes, pass };
}

test('within the budget nothing changes', () => {
  const { budget, changes, pass } = watched();
  pass(
    'counted',
    60,
    () => 9,
    () => 1000,
  );
  expect(budget.factor).toBe(1);
  expect(changes).toEqual([]);
});

test('over it everything is asked half as often, and half of that, until it is kept', () => {
  const { budget, changes, pass } = watched();
  // The cost falls as pgdeck asks less often: 45 ms/s of 1,045 are 4.3 %.
  const own = () => 45 / budget.factor;
  pass('counted', 4, own, () => 1000 + own());
  expect(budget.factor).toBe(2);
  pass('counted', 60, own, () => 1000 + own());
  expect(budget.factor).toBe(8);
  expect(changes.map(({ before, factor }) => [before, factor])).toEqual([
    [1, 2],
    [2, 4],
    [4, 8],
  ]);
  expect(changes[0]?.share).toBeCloseTo(45 / 1045, 3);
});

test('it goes back by itself, and not to and fro', () => {
  const { budget, changes, pass } = watched();
  let cost = 45;
  const own = () => cost / budget.factor;
  pass('counted', 30, own, () => 1000 + own());
  expect(budget.factor).toBe(8);
  cost = 4;
  pass('counted', 60, own, () => 1000 + own());
  expect(budget.factor).toBe(1);
  const before = changes.length;
  // Just below the budget at this pace: twice as often would be over it.
  cost = 18;
  pass('counted', 120, own, () => 1000 + own());
  expect(budget.factor).toBe(2);
  expect(changes.length).toBe(before + 1);
});

test('never more than sixteen times', () => {
  const { budget, pass } = watched();
  pass(
    'counted',
    200,
    () => 500,
    () => 1000,
  );
  expect(budget.factor).toBe(16);
});

test('an idle server, where nearly all is of pgdeck, is no reason', () => {
  const { budget, pass } = watched();
  pass(
    'counted',
    60,
    () => 5,
    () => 6,
  );
  expect(budget.factor).toBe(1);
});

test('a short span decides nothing, nor does what was before a change', () => {
  const { budget, pass } = watched();
  pass(
    'counted',
    3,
    () => 500,
    () => 1000,
  );
  expect(budget.factor).toBe(1);
  pass(
    'counted',
    1,
    () => 500,
    () => 1000,
  );
  expect(budget.factor).toBe(2);
  pass(
    'counted',
    3,
    () => 500,
    () => 1000,
  );
  expect(budget.factor).toBe(2);
});

test('without counts of the server it goes by a share of one processor', () => {
  const { budget, changes, pass } = watched();
  pass('measured', 10, () => 9, null);
  expect(budget.factor).toBe(1);
  pass('measured', 4, () => 15, null);
  expect(budget.factor).toBe(2);
  expect(changes[0]).toMatchObject({ share: null });
});

test('what pgdeck measures decides nothing while the server counts, and again when it no longer does', () => {
  const { budget, pass } = watched();
  pass(
    'counted',
    5,
    () => 5,
    () => 1000,
  );
  pass('measured', 5, () => 50, null);
  expect(budget.factor).toBe(1);
  pass('measured', 30, () => 50, null);
  expect(budget.factor).toBeGreaterThan(1);
});

test('own and all time from the rows of the topics', () => {
  const row = (own: boolean, rate: number | null) => ({ own, total_exec_time_per_second: rate });
  expect(countedTime([row(true, 1), row(false, 9), row(false, null)], 60)).toEqual({ own: 60, all: 600 });
  expect(countedTime([row(true, null)], 60)).toBeUndefined();
  expect(measuredTime([{ server_ms_per_second: 2 }, { server_ms_per_second: null }], 10)).toBe(20);
  expect(measuredTime([{ server_ms_per_second: null }], 10)).toBeUndefined();
});
