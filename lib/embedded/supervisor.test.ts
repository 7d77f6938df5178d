import { closeSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import { launch } from './supervisor';

// A store that could not be read was waited for without end.
test('the end of a server that ends at once is not missed, however late somebody looks', async () => {
  const log = openSync('/dev/null', 'w');
  const started = launch(['/bin/sh', '-c', 'exit 3'], {
    account: undefined,
    cwd: '/',
    log,
    env: process.env,
    clean: '',
  });
  closeSync(log);
  // It has said its pid and is over before this process hears of either.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1500);
  const { ended } = await started;
  expect(await ended).toBe(3);
});
