import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Run } from '@/lib/actions/protocol';
import { Approvals } from './approvals';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const run = (runId: string, server = 'one') => ({ runId, server, status: 'running', user: 'ann' }) as Run;
const bea = { name: 'bea', role: 'admin' as const, mode: 'local' as const };

it('the hour of a run ends with its wait', async () => {
  const approvals = new Approvals();
  const [first, second, third] = [run('1'), run('2'), run('3')];
  const approved = approvals.wait(first);
  const withdrawn = approvals.wait(second).catch((error) => error.message);
  const alone = approvals.wait(third).catch((error) => error.message);
  expect(vi.getTimerCount()).toBe(3);
  approvals.approve(first, bea);
  approvals.withdraw(second);
  expect(await approved).toBe('bea');
  expect(await withdrawn).toBe('');
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(3_600_000);
  expect(await alone).toBe('Nobody approved it within an hour.');
});

it('at most 50 of a server wait for an approval', () => {
  const approvals = new Approvals();
  for (let n = 0; n < 50; n++) approvals.wait(run(`${n}`));
  const late = run('late');
  expect(() => approvals.wait(late)).toThrow('50 actions wait for an approval on this server already.');
  expect(late.status).toBe('running');
  approvals.wait(run('elsewhere', 'two'));
});
