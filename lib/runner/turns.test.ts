import { expect, it } from 'vitest';
import type { Run } from '@/lib/actions/protocol';
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
