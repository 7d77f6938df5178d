import { expect, it } from 'vitest';
import { dropStatisticsSql, dropTableSql } from './drop-that';

it('no name ends the quotes that it stands in', () => {
  const sql = dropStatisticsSql('drop-statistics', { oid: 7, quoted: 'public."$pgdeck$; $pgdeck1$"' });
  expect(sql.startsWith('do /* pgdeck:drop-statistics */ $pgdeck2$ begin\n')).toBe(true);
  expect(sql.split('$pgdeck2$')).toHaveLength(3);
  expect(sql.endsWith('end $pgdeck2$')).toBe(true);
});

it('a table is locked after the one that it belongs to, looked at, and dropped', () => {
  const lines = (relkind: string, parent?: string) =>
    dropTableSql('drop-partition', { oid: 7, quoted: 'public.p', relkind }, parent)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^(lock|if|drop)/.test(line))
      .map((line) => line.replace(/^if .*/, 'if'));
  const lock = (name: string) => `lock table only ${name} in access exclusive mode;`;
  expect(lines('r', 'public.whole')).toEqual([lock('public.whole'), lock('public.p'), 'if', 'drop table public.p;']);
  expect(lines('p')).toEqual([lock('public.p'), 'if', 'drop table public.p;']);
  expect(lines('f', 'public.whole')).toEqual(['drop foreign table public.p;', 'if']);
});
