import { afterEach, expect, it, vi } from 'vitest';
import type { Step } from '@/lib/actions/action';
import type { Session } from '@/lib/postgres/session';
import type { Job } from './job';
import { runStep } from './step';

const sent: string[] = [];
vi.mock('./cancel-own', () => ({
  cancelOwn: async () => {
    await new Promise((resolve) => setTimeout(resolve, 600));
    sent.push('cancel');
    return true;
  },
}));
vi.mock('./progress/read', () => ({
  Follower: class {
    look = async () => ({ progress: { waitingBehind: 1 }, longestBehind: 9 });
  },
}));
afterEach(() => sent.splice(0));

const cancelled = Object.assign(new Error('canceling statement due to user request'), { code: '57014' });
const step = (sql: string): Step => ({ sql, locks: [], wait: 'brief', inTransaction: true, yieldAfterSeconds: 5 });
const place = { index: 1, count: 2, title: '' };

/** A run of which each statement ends as given. */
function running(ends: Record<string, () => Promise<unknown>>) {
  const job = {
    run: { endedAt: null, progress: null },
    acting: { signal: (use: (query: unknown) => unknown) => use(undefined) },
    cancelRequested: false,
  } as unknown as Job;
  const query = async (text: string) => {
    sent.push(text.replace(/^set .*/, 'set'));
    await ends[text]?.();
    return { rows: [], notices: [] };
  };
  const session = { pid: 1, query } as unknown as Session;
  return { job, run: (sql: string) => runStep(job, step(sql), place, session, 'Not done.') };
}
const after = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const refused = () => Promise.reject(cancelled);

it('a statement that ends while a cancel for those behind it is under way waits for that before the next', async () => {
  const { run } = running({ first: () => after(1300) });
  expect(await run('first')).toEqual({ warnings: [] });
  await run('second');
  expect(sent).toEqual(['set', 'first', 'cancel', 'select /* pgdeck:settled */', 'set', 'second']);
});

it('where that cancel hits the next statement all the same, it is told as ours; a later one is not', async () => {
  const { run } = running({ first: () => after(1300), second: refused, third: refused });
  await run('first');
  expect((await run('second')).failure?.message).toMatch(/^Not done\. It stepped back: 1 session had waited 9 s/);
  expect((await run('third')).failure?.message).toContain('Somebody else cancelled it.');
});

it('a cancel by somebody else is told as such', async () => {
  const { run } = running({ first: refused });
  expect((await run('first')).failure?.message).toContain('Somebody else cancelled it.');
});
