import fc from 'fast-check';
import { expect, test } from 'vitest';
import { modesConflict, strength } from './lock-modes';
import { blockingTrees } from './lock-tree';

const session = (pid: number, ...blocked_by: number[]) => ({
  pid,
  blocked_by,
  waits_seconds: blocked_by.length > 0 ? 1000 - pid : null,
});
const shape = (sessions: ReturnType<typeof session>[]) =>
  blockingTrees(sessions).map(({ pid, parent_pid, depth, frees }) => [pid, parent_pid, depth, frees]);

test('readers behind a queued ALTER TABLE stand under it, and it under the root', () => {
  expect(shape([session(4815, 4802), session(4816, 4802), session(4802, 4711), session(4711)])).toEqual([
    [4711, null, 0, 3],
    [4802, 4711, 1, 2],
    [4815, 4802, 2, 0],
    [4816, 4802, 2, 0],
  ]);
});

test('who waits for the holder and for an earlier waiter stands at the end of the queue, and only the holder frees it', () => {
  expect(shape([session(1), session(2, 1), session(3, 1, 2)])).toEqual([
    [1, null, 0, 2],
    [2, 1, 1, 0],
    [3, 2, 2, 0],
  ]);
});

test('a session that needs two others is freed by neither alone', () => {
  expect(blockingTrees([session(1), session(2), session(3, 1, 2)]).map(({ pid, frees }) => [pid, frees])).toEqual([
    [1, 0],
    [3, 0],
    [2, 0],
  ]);
});

test('the tree that frees most comes first', () => {
  const roots = blockingTrees([session(1), session(2, 1), session(7), session(8, 7), session(9, 7)]);
  expect(roots.filter(({ parent_pid }) => parent_pid === null).map(({ pid }) => pid)).toEqual([7, 1]);
});

test('a deadlock is shown until the server ends it, rooted at its smallest pid', () => {
  expect(shape([session(6, 5), session(5, 6), session(9, 6)])).toEqual([
    [5, null, 0, 2],
    [6, 5, 1, 2],
    [9, 6, 2, 0],
  ]);
});

test('whoever waits for whom, every session is placed once, under a session that is placed before it', () => {
  const graph = fc.array(fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 4 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(graph, (waits) => {
      const placed = blockingTrees(waits.map((blocked_by, at) => session(at + 1, ...blocked_by)));
      expect(placed.map(({ pid }) => pid).sort((a, b) => a - b)).toEqual(waits.map((_, at) => at + 1));
      const seen = new Map<number, number>();
      for (const { pid, parent_pid, root_pid, depth, blocked_by } of placed) {
        if (parent_pid === null) expect([depth, root_pid]).toEqual([0, pid]);
        else {
          expect(blocked_by).toContain(parent_pid);
          expect(depth).toBe((seen.get(parent_pid) ?? Number.NaN) + 1);
        }
        seen.set(pid, depth);
      }
    }),
  );
});

test('lock modes conflict as the manual says, both ways', () => {
  const modes = [
    'AccessShareLock',
    'RowShareLock',
    'RowExclusiveLock',
    'ShareUpdateExclusiveLock',
    'ShareLock',
    'ShareRowExclusiveLock',
    'ExclusiveLock',
    'AccessExclusiveLock',
  ];
  for (const one of modes) for (const other of modes) expect(modesConflict(one, other)).toBe(modesConflict(other, one));
  expect(modes.map((mode) => modes.filter((other) => modesConflict(mode, other)).length)).toEqual([
    1, 2, 4, 5, 5, 6, 7, 8,
  ]);
  expect(strength('AccessExclusiveLock')).toBeGreaterThan(strength('RowExclusiveLock'));
});
