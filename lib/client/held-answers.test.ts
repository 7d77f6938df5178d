import { expect, it } from 'vitest';
import { heldAnswer, holdAnswer, tagOf } from './held-answers';

const headers = (etag: string | null, age = '0') =>
  new Headers({ ...(etag !== null && { etag }), 'x-age-seconds': age });

it('an answer that did not change comes back with its age of now', () => {
  const answer = { status: 'ok', ageSeconds: 0.2, rows: [{ pid: 1 }] };
  expect(tagOf('/a')).toEqual({});
  expect(holdAnswer('/a', headers('W/"1"'), answer)).toBe(answer);
  expect(tagOf('/a')).toEqual({ 'if-none-match': 'W/"1"' });
  expect(heldAnswer('/a', headers('W/"1"', '4.5'))).toEqual({ ...answer, ageSeconds: 4.5 });
  expect(answer.ageSeconds).toBe(0.2);
  expect(heldAnswer('/a', headers('W/"2"'))).toBeUndefined();
  expect(heldAnswer('/b', headers('W/"1"'))).toBeUndefined();
});

it('one without a tag takes the place of the one before, and only so many are held', () => {
  holdAnswer('/c', headers('W/"1"'), {});
  holdAnswer('/c', headers(null), {});
  expect(tagOf('/c')).toEqual({});
  for (let i = 0; i < 30; i++) holdAnswer(`/many/${i}`, headers('W/"1"'), {});
  expect(tagOf('/many/0')).toEqual({});
  expect(tagOf('/many/29')).not.toEqual({});
});
