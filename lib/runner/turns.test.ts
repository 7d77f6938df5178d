import { expect, it } from 'vitest';
import type { Run } from '@/lib/actions/protocol';
import { refusal } from './test-stage';
import { Turns, Withdrawn } from './turns';

const run = (runId: string) => ({ runId, status: 'running' }) as Run;

it('so many long ones run, the others wait in their order, and a short one passes them', async () => {
  const turns = new Turns(1);
  const [first, second, third, short] = [run('1'), run('2'), run('3'), run('4')];
  const leaveFirst = await turns.take(first, true);
  const order: string[] = [];
  const later = [second, third].map((each) =>
    turns.take(each, true).then((leave) => {
      order.push(each.runId);
      return leave;
    }),
  );
  expect([first.status, second.status, second.queuePosition, third.queuePosition]).toEqual(['running', 'queued', 1, 2]);
  const leaveShort = await turns.take(short, false);
  expect(short.status).toBe('running');
  leaveFirst();
  leaveFirst();
  (await later[0])?.();
  await later[1];
  expect(order).toEqual(['2', '3']);
  expect(third.queuePosition).toBeUndefined();
  leaveShort();
});

it('who is withdrawn never gets a turn, and those behind move up', async () => {
  const turns = new Turns(1);
  const [first, second, third] = [run('1'), run('2'), run('3')];
  await turns.take(first, true);
  const gone = turns.take(second, true).catch((error) => error);
  turns.take(third, true);
  expect(turns.withdraw(second)).toBe(true);
  expect(await gone).toBeInstanceOf(Withdrawn);
  expect(third.queuePosition).toBe(1);
  expect(turns.withdraw(second)).toBe(false);
  expect(turns.withdraw(first)).toBe(false);
});

it('at most 50 wait on a server: one more is refused, but not what runs at once', async () => {
  const turns = new Turns(1);
  const leave = await turns.take(run('first'), true);
  const waiting = Array.from({ length: 50 }, (_, n) => run(`${n}`));
  for (const each of waiting) turns.take(each, true).catch(() => {});
  const late = run('late');
  expect(await refusal(turns.take(late, true))).toBe('429 busy');
  expect([late.status, late.queuePosition]).toEqual(['running', undefined]);
  (await turns.take(run('short'), false))();
  leave();
  const last = run('last');
  turns.take(last, true).catch(() => {});
  expect(last.queuePosition).toBe(50);
});
