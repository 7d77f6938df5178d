import { expect, it } from 'vitest';
import type { Server } from '@/lib/runtime';
import { checkDdl } from './check';

it('says of statements that it could not look at in time that nothing is known of them', async () => {
  let asked = 0;
  const connections = {
    signal: (use: (query: unknown) => unknown) => use(async () => ({ rows: [{ role: 'actor', major: 18 }] })),
    ask: () => {
      asked++;
      return new Promise(() => {});
    },
  };
  const begun = performance.now();
  const text = 'drop table t; alter table ref add a int';
  const { statements } = await checkDdl({ connections } as unknown as Server, 'postgres', text, 1000);
  expect(performance.now() - begun).toBeLessThan(10_000);
  expect(asked).toBe(1);
  const nothing = { supported: false, locks: [], rewrites: null, waitsFor: [] };
  expect(statements).toEqual([
    expect.objectContaining({ sql: 'drop table t', kind: 'Drop', ...nothing }),
    expect.objectContaining({ sql: 'alter table ref add a int', kind: 'AlterTable', ...nothing }),
  ]);
  for (const { warnings } of statements)
    expect(warnings).toEqual([
      'It was not looked at: 1 s for the whole text were over. Look at fewer statements at once.',
    ]);
});
