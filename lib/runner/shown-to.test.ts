import { beforeAll, expect, it } from 'vitest';
import { accessOf } from '@/lib/access/test-access';
import type { User } from '@/lib/access/user';
import type { Run } from '@/lib/actions/protocol';
import { shared } from '@/lib/runtime';
import { shownTo } from './shown-to';

const run = {
  runId: 'r',
  server: 'one',
  title: 'Create index on public.orders?',
  sql: ["create index on public.orders (id) where note = 'secret'", "alter system set x.y = 'secret'"],
  warnings: ['a function said secret (01000)', 'The table was empty.'],
  undo: { sql: "alter system set x.y = 'secret too'", body: { action: 'alter-system', target: { kind: 'server' } } },
  next: [
    { title: 'Again', body: { action: 'alter-system', target: { kind: 'server' }, options: { value: 'secret' } } },
  ],
} as unknown as Run;

const groups = (name: string): User => ({ name, role: 'admin', mode: 'proxy', groups: [name] });

beforeAll(() => {
  const access = (['viewer', 'operator', 'admin'] as const).map((role) => ({ who: [`user:${role}`], role }));
  const servers = new Map([['one', { config: { id: 'one', access } }]]);
  Object.assign(shared(), { servers, config: { access: accessOf() } });
});

// T16: without the mask in shownTo() the values of a run's statements are told to everybody.
it('T16: a viewer of the server sees statements without their values, codes of warnings, and no action to take next', async () => {
  const [shown] = await shownTo(groups('viewer'), [run]);
  expect(shown).toEqual({
    runId: 'r',
    server: 'one',
    title: 'Create index on public.orders?',
    sql: ['create index on public.orders (id) where note = ?', 'alter system set x.y = ?'],
    warnings: ['The server warned with SQLSTATE 01000.', 'The table was empty.'],
  });
  expect(run.sql.join()).toContain('secret');
});

it.each(['operator', 'admin'] as const)('an %s of the server sees them as they are', async (role) => {
  expect(await shownTo(groups(role), [run])).toEqual([run]);
});

it('who has no access to the server any more is told no values', async () => {
  expect(JSON.stringify(await shownTo(groups('nobody'), [run]))).not.toContain('secret');
});
