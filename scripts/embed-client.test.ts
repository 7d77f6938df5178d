import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const client = readFileSync(join(resolve(import.meta.dirname, '..'), 'public', 'embed.js'), 'utf8');

test('the client for portals stays under 3 KB compressed', () => {
  expect(gzipSync(client, { level: 9 }).length).toBeLessThan(3 * 1024);
});

test('it runs as a plain script and as a module: it imports and exports nothing, and says its version', () => {
  expect(client).not.toMatch(/^\s*(import|export)\b/m);
  expect(client).toMatch(/^\/\/ .*protocol version 1\b/m);
});
