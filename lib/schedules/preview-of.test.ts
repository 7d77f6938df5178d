import { expect, it } from 'vitest';
import { ApiError } from '@/lib/access/errors';
import type { Preview, PreviewBody } from '@/lib/actions/protocol';
import type { Parts } from './parts';
import { previewOf, sameSubject } from './preview-of';

const user = { name: 'ann', role: 'admin' as const, mode: 'local' as const };
const target = { kind: 'relation' as const, database: 'shop', oid: 1 };
const ahead = (count: number): PreviewBody => ({
  action: 'create-partition',
  target,
  options: { ahead: { interval: 'month', count } },
});

/** A runner whose table has its partitions for so many intervals already. */
function runner(there: number, code = 'nothing_to_do') {
  const asked: number[] = [];
  const preview: Parts['runner']['preview'] = async (_server, body) => {
    const { count } = (body.options?.ahead ?? { count: 0 }) as { count: number };
    asked.push(count);
    if (count <= there) throw new ApiError(422, code, 'It has its partitions for that time already.');
    return { title: `Create ${count - there} partitions of public.orders?`, warnings: ['Other.'] } as Preview;
  };
  return { asked, preview, execute: () => Promise.reject(new Error('never')), run: () => ({}) as never };
}

it('shows what comes next where the partitions ahead are there already', async () => {
  const given = runner(7);
  expect(await previewOf(given, 'one', ahead(3), user)).toEqual({
    title: 'Create 5 partitions of public.orders?',
    warnings: [expect.stringMatching(/^Nothing has to be made now\. It has its partitions/), 'Other.'],
  });
  expect(given.asked).toEqual([3, 6, 12]);
});

it('shows what is to be made now as it is', async () => {
  const given = runner(2);
  expect((await previewOf(given, 'one', ahead(3), user)).warnings).toEqual(['Other.']);
  expect(given.asked).toEqual([3]);
});

it('is refused with the first reason where nothing ever comes, for another reason, or for another action', async () => {
  const endless = runner(1000);
  await expect(previewOf(endless, 'one', ahead(20), user)).rejects.toMatchObject({ code: 'nothing_to_do' });
  expect(endless.asked).toEqual([20, 40, 60]);
  const other = runner(7, 'not_timed');
  await expect(previewOf(other, 'one', ahead(3), user)).rejects.toMatchObject({ code: 'not_timed' });
  expect(other.asked).toEqual([3]);
  const vacuum = runner(7);
  await expect(previewOf(vacuum, 'one', { action: 'vacuum', target }, user)).rejects.toMatchObject({ status: 422 });
  expect(vacuum.asked).toEqual([0]);
});

it('takes partitions to come for the same as long as the table is', () => {
  const [one, three] = ['Create partition a.o_1 of a."x of y"?', 'Create 3 partitions of a."x of y"?'];
  expect(sameSubject('create-partition', one, three)).toBe(true);
  expect(sameSubject('create-partition', one, 'Create 3 partitions of a.z?')).toBe(false);
  expect(sameSubject('vacuum', 'Vacuum a of b?', 'Vacuum c of b?')).toBe(false);
});
