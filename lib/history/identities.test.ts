import { expect, test } from 'vitest';
import { Identities } from './identities';

const row = (queryid: number) => ({
  queryid: String(queryid),
  dbid: '1',
  userid: '1',
  toplevel: true,
  datname: 'shop',
  usename: 'app',
  query: `select ${queryid}`,
});

test('statements that come faster than they can be told do not pile up, and are told when they are seen again', () => {
  const identities = new Identities();
  const at = Date.now();
  for (let queryid = 1; queryid <= 30_000; queryid++) identities.statement(row(queryid), at);
  expect(identities.take(100_000).statements).toHaveLength(20_000);
  for (let queryid = 1; queryid <= 30_000; queryid++) identities.statement(row(queryid), at);
  const later = identities.take(100_000).statements;
  expect(later).toHaveLength(10_000);
  expect(later[0]?.query).toBe('select 20001');
});
