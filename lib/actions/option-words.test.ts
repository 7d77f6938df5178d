import { expect, it } from 'vitest';
import { z } from 'zod';
import { actions } from './index';

type Schema = { minimum?: number; maximum?: number; anyOf?: Schema[]; properties?: Record<string, Schema> };

const numbers = Object.values(actions).flatMap(({ id, options }) => {
  const { properties = {} } = z.toJSONSchema(options, { io: 'input', unrepresentable: 'any' }) as Schema;
  return Object.entries(properties).flatMap(([name, schema]) =>
    (schema.anyOf ?? [schema])
      .filter(({ maximum }) => maximum !== undefined)
      .map(({ minimum = 0, maximum = 0 }) => ({ id, name, options, minimum, maximum })),
  );
});

it.each(numbers)('$id: $name outside its range is told the range', ({ name, options, minimum, maximum }) => {
  const said = (value: number) =>
    options.safeParse({ [name]: value }).error?.issues.find(({ path }) => path[0] === name)?.message;
  expect(said(maximum + 1)).toContain(`must be at most ${maximum}`);
  expect(said(minimum - 1)).toContain(`must be at least ${minimum}`);
  expect(said(maximum)).toBeUndefined();
});

it('there are numbers among the options', () => {
  expect(numbers.length).toBeGreaterThan(10);
});
