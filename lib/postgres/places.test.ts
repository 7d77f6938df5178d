import { expect, test } from 'vitest';
import { Places } from './places';
import type { Session } from './session';

test('for how long four fifths are lent without a break', () => {
  const places = new Places(3, () => 'home');
  const [one, two, three] = [{}, {}, {}] as [Session, Session, Session];
  places.lend(one, 1000);
  places.lend(two, 2000);
  expect(places.fullMs(9000)).toBe(0);
  places.lend(three, 3000);
  expect(places.fullMs(9000)).toBe(6000);
  places.takeBack(two);
  places.settle();
  expect(places.fullMs(9000)).toBe(0);
  places.lend(two, 10_000);
  expect(places.fullMs(10_500)).toBe(500);
});

test('a connection that is handed on at once is no break', () => {
  const places = new Places(3, () => 'home');
  const sessions = [{}, {}, {}] as [Session, Session, Session];
  for (const session of sessions) places.lend(session, 1000);
  for (const [turn, session] of sessions.entries()) {
    places.takeBack(session);
    places.lend(session, 5000 + turn * 4000);
    places.settle();
  }
  expect(places.fullMs(13_000)).toBe(12_000);
});
