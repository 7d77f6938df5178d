import { expect, it } from 'vitest';
import { heldAnswer, hold, withAge } from './held-answers';

const headers = (etag: string | null, age = '0') =>
  new Headers({ ...(etag !== null && { etag }), 'x-age-seconds': age });

it('an answer that did not change comes back with its age of now', () => {
  const answer = { status: 'ok', ageSeconds: 0.2, rows: [{ pid: 1 }] };
  expect(heldAnswer('/a')).toBeUndefined();
  expect(hold('/a', headers('W/"1"'), answer)).toBe(answer);
  expect(heldAnswer('/a')).toEqual({ tag: 'W/"1"', value: answer });
  expect(withAge(answer, headers('W/"1"', '4.5'))).toEqual({ ...answer, ageSeconds: 4.5 });
  expect(answer.ageSeconds).toBe(0.2);
});

it('one without a tag takes the place of the one before, and only so many are held', () => {
  hold('/c', headers('W/"1"'), {});
  hold('/c', headers(null), {});
  expect(heldAnswer('/c')).toBeUndefined();
  for (let i = 0; i < 30; i++) hold(`/many/${i}`, headers('W/"1"'), {});
  expect(heldAnswer('/many/0')).toBeUndefined();
  expect(heldAnswer('/many/29')).toBeDefined();
});
