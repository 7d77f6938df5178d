import { expect, test } from 'vitest';
import { OwnStatements } from './own-statements';

test('statements are counted by their tag; the quickest answer of all is the way there and back', () => {
  const own = new OwnStatements();
  own.add('select /* pgdeck:load */ 1', 12);
  own.add('select /* pgdeck:heartbeat */ 1', 2);
  own.add('select /* pgdeck:load */ 1', 5);
  own.add('with /* pgdeck:load */ x as (select 1) select 1', 2);
  expect(own.figures()).toEqual([
    { statement: 'load', calls: 3, elapsed_ms: 19, server_ms: 3 },
    { statement: 'heartbeat', calls: 1, elapsed_ms: 2, server_ms: 0 },
  ]);
});

test('what carries no tag is counted as other', () => {
  const own = new OwnStatements();
  own.add('select 1 /* pgdeck:load */', 1);
  own.add('analyze shop.orders', 1);
  expect(own.figures()).toEqual([{ statement: 'other', calls: 2, elapsed_ms: 2, server_ms: 0 }]);
});
