import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';

const clock = pathToFileURL(join(import.meta.dirname, 'fast-clock.mjs')).href;

/** What a program prints whose clock is a thousand times as fast. */
function printed(program: string): unknown {
  const env = { ...process.env, BENCH_CLOCK: '1000' };
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', clock, '-e', program], { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

// Fails where the application does not start on it: Next copies what a Date has itself, and leaves what it inherits.
it('has itself all that a Date has', () => {
  expect(printed('console.log(JSON.stringify(Object.getOwnPropertyNames(Date)))')).toEqual(
    expect.arrayContaining(Object.getOwnPropertyNames(Date)),
  );
});

it('is fast, for moments and for intervals', () => {
  const [moments, fired] = printed(`const began = Date.now();
    let fired = 0;
    const timer = setInterval(() => { fired++; }, 10_000);
    setTimeout(() => {
      clearInterval(timer);
      console.log(JSON.stringify([new Date().getTime() - began, fired]));
    }, 200);`) as [number, number];
  expect(moments).toBeGreaterThanOrEqual(190_000);
  expect(fired).toBeGreaterThanOrEqual(1);
});
