import { expect, test } from 'vitest';
import { statementId } from './statement-id';

const statement = { dbid: '16384', userid: '10', queryid: '-4417263950122841907', toplevel: true };

test('the id of a statement is 64 bits as text, and another for each part of its identity', () => {
  const id = statementId(statement);
  expect(id).toMatch(/^-?\d{1,19}$/);
  expect(BigInt.asIntN(64, BigInt(id)).toString()).toBe(id);
  const others = [
    { ...statement, dbid: '16385' },
    { ...statement, userid: '11' },
    { ...statement, queryid: '4417263950122841907' },
    { ...statement, toplevel: false },
  ].map(statementId);
  expect(new Set([id, ...others]).size).toBe(5);
  // Histories are kept by it: it must never change.
  expect(id).toBe('-2163801056477603452');
});
