import { expect, it } from 'vitest';
import { findAction } from '@/lib/actions/index';
import { changeBody, schedulable } from './shapes';

it.each(schedulable)('%s is an action on a session of its own that needs no typing by itself', (id) => {
  const action = findAction(id);
  expect(action?.kind).toBe('work');
  expect(action?.confirm).not.toBe('typed');
});

it('a change changes something', () => {
  expect(changeBody.safeParse({}).success).toBe(false);
  expect(changeBody.safeParse({ enabled: undefined }).success).toBe(false);
  expect(changeBody.safeParse({ enabled: false }).success).toBe(true);
  expect(changeBody.safeParse({ body: {} }).success).toBe(false);
});
