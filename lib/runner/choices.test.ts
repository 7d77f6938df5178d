import { expect, test } from 'vitest';
import { everything } from '@/lib/access/test-access';
import type { Server } from '@/lib/runtime';
import { choicesOf, type Sought } from './choices';

const server = { config: { id: 'one', action: { database: 'shop', user: 'act' } }, connections: {} } as Server;

/** Under which name the choices of something are kept. */
async function nameOf(sought: Partial<Sought>): Promise<string> {
  let kept = '';
  await choicesOf(server, everything, { kind: 'relation', ...sought }, async ({ name }) => {
    kept = name;
    return [] as never;
  });
  return kept;
}

// Fails where the words of a search stand in the key: GET /api/health/cache tells keys to everybody who may see the server.
test('what somebody searches for is kept apart without being told', async () => {
  const [all, salary, again, bonus] = await Promise.all(
    ['', 'Salary', 'salary', 'bonus'].map((search) => nameOf({ search })),
  );
  expect(all).toBe('choices relation');
  expect(salary).toMatch(/^choices relation #[\w-]{16}$/);
  expect(salary).not.toMatch(/salary/i);
  expect(again).toBe(salary);
  expect(bonus).not.toBe(salary);
});

test('what is asked for differently is kept apart', async () => {
  const names = await Promise.all(
    [{}, { relkinds: 'r' }, { partition: true }, { partition: false }, { kind: 'index' }, { search: 'r' }].map(nameOf),
  );
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^choices /);
});
