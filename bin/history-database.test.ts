import { expect, test } from 'vitest';
import { patiently } from './history-database';

test('a store that answers late at a busy start is asked again, and only what does not pass is told', async () => {
  const late = [new Error('timeout expired'), new Error('Query read timeout')];
  let asked = 0;
  const work = async () => {
    const error = late[asked++];
    if (error) throw error;
    return 'prepared';
  };
  expect(await patiently(work)).toBe('prepared');
  expect(asked).toBe(3);
  const refused = Object.assign(new Error('password authentication failed'), { code: '28P01' });
  await expect(patiently(() => Promise.reject(refused))).rejects.toBe(refused);
});
