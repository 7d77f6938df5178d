import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { log } from '@/lib/metrics/log';
import { LaunchError } from './launch-error';
import { listen } from './listen';

const servers = [createServer(), createServer()] as const;
afterEach(() => {
  for (const server of servers) server.close();
});

test('a port that is taken is told, a connection that cannot be taken later ends nothing', async () => {
  const [first, second] = servers;
  await listen(first, '127.0.0.1', 0);
  const { port } = first.address() as AddressInfo;
  await expect(listen(second, '127.0.0.1', port)).rejects.toThrow(LaunchError);
  const logged = vi.spyOn(log, 'error');
  // As Node does when it has no file descriptor for a connection.
  const full = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
  expect(() => first.emit('error', full)).not.toThrow();
  first.emit('error', full);
  expect(logged).toHaveBeenCalledExactlyOnceWith({ err: full }, 'a connection could not be taken');
  expect(first.listening).toBe(true);
});
