import { z } from 'zod';
import { badInput } from './errors';
import { type Part, withoutWords, wrongOf } from './input-words';

/** What of a request, or of what it asks for, is checked. */
const parts = {
  path: { path: [], field: 'path', known: 'parameter' },
  query: { path: [], field: 'query', known: 'parameter' },
  body: { path: [], field: 'body', known: 'field' },
  /** The options of an action. */
  options: { path: ['options'], field: 'options', known: 'field' },
} satisfies Record<string, Part>;

/** What a path that takes no parameters takes. */
export const noParameters = z.strictObject({});

/** Of a query that nothing is read of: probes and scrapers bring parameters of their own, as often as they like. */
export const unreadQuery = z.looseObject({});

/** An input as its shape makes it; 400 in plain words, with the field, where the shape does not take it. */
export function checked<T>(shape: z.ZodType<T>, value: unknown, of: keyof typeof parts): T {
  const result = shape.safeParse(value, withoutWords);
  if (result.success) return result.data;
  const { field, message } = wrongOf(result.error, shape, value, parts[of]);
  throw badInput(message, field);
}
