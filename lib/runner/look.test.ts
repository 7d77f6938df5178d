import { expect, it } from 'vitest';
import type { Session } from '@/lib/actions/session';
import { type Actor, namesOf, type Query } from './look';

it('names a role in SQL as it has to be written', async () => {
  const row = { kind: 'role', oid: 7, name: 'app', superuser: false, may_signal: false };
  const query = (async () => ({ rows: [row] })) as unknown as Query;
  const actor = { role: 'user', superuser: false } as Actor;
  const names = await namesOf(query, [{ user_oid: 7, database_oid: null } as Session], actor);
  expect(names.refuses(7)).toContain('Role user lacks pg_signal_backend');
  expect(names.refuses(7)).toContain('grant pg_signal_backend to "user";');
});
