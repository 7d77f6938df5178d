import { expect, it } from 'vitest';
import type { Run } from '@/lib/actions/protocol';
import { shownTo } from './shown-to';

const run = {
  runId: 'r',
  title: 'Create index on public.orders?',
  sql: ["create index on public.orders (id) where note = 'secret'", "alter system set x.y = 'secret'"],
  undo: { sql: "alter system set x.y = 'secret too'", body: { action: 'alter-system', target: { kind: 'server' } } },
  next: [
    { title: 'Again', body: { action: 'alter-system', target: { kind: 'server' }, options: { value: 'secret' } } },
  ],
} as unknown as Run;

it('a viewer sees statements without their values, and no action to take next', async () => {
  const [shown] = await shownTo({ name: 'vic', role: 'viewer', mode: 'local' }, [run]);
  expect(shown).toEqual({
    runId: 'r',
    title: 'Create index on public.orders?',
    sql: ['create index on public.orders (id) where note = ?', 'alter system set x.y = ?'],
  });
  expect(run.sql.join()).toContain('secret');
});

it.each(['operator', 'admin'] as const)('an %s sees them as they are', async (role) => {
  expect(await shownTo({ name: 'ann', role, mode: 'local' }, [run])).toEqual([run]);
});
