import { expect, it, vi } from 'vitest';
import { readStoredPassword } from '@/lib/config-people';
import { hashPassword, isPassword } from './hash';

// Passwords are made to take long, and longer where other tests run beside these.
vi.setConfig({ testTimeout: 60_000 });

it('takes the password and no other, however its letters were typed', async () => {
  const stored = await hashPassword('grüße aus tübingen');
  expect(stored).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
  expect(await isPassword('grüße aus tübingen'.normalize('NFD'), stored)).toBe(true);
  for (const wrong of ['grüße aus tübingeN', 'grüße aus tübingen ', '', 'grusse aus tubingen'])
    expect(await isPassword(wrong, stored)).toBe(false);
});

it('stores the same password each time as another text', async () => {
  expect(await hashPassword('the same password')).not.toBe(await hashPassword('the same password'));
});

it('without a hash it works as long, and says no', async () => {
  expect(await isPassword('anything at all', undefined)).toBe(false);
  // The hash that stands in for the missing one.
  expect(await isPassword('', undefined)).toBe(false);
});

it('takes no stored hash that is too weak, too costly or no hash', () => {
  const [salt, hash] = ['A'.repeat(22), 'B'.repeat(43)];
  expect(readStoredPassword(`scrypt$32768$8$3$${salt}$${hash}`)).toMatchObject({ N: 32768, r: 8, p: 3 });
  for (const text of [
    `scrypt$8192$8$1$${salt}$${hash}`,
    `scrypt$32769$8$1$${salt}$${hash}`,
    `scrypt$1048576$8$1$${salt}$${hash}`,
    `scrypt$32768$1$1$${salt}$${hash}`,
    `scrypt$32768$8$99$${salt}$${hash}`,
    `scrypt$32768$8$1$short$${hash}`,
    `scrypt$32768$8$1$${salt}$short`,
    'correct horse battery staple',
    '',
  ])
    expect(readStoredPassword(text), text).toBeUndefined();
});
