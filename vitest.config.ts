import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const setupFiles = [resolve(import.meta.dirname, 'scripts', 'quiet-logs.ts')];
const alias = { '@': resolve(import.meta.dirname) };
// How long something takes is the machine's affair: what hangs is found, however busy it is.
const everywhere = ['**/node_modules/**', '.next/**', 'dist/**', 'e2e/**'];

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          setupFiles,
          include: ['**/*.test.{ts,tsx}'],
          exclude: [...everywhere, '**/*.pg.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: 20_000 } },
        },
      },
      {
        resolve: { alias },
        test: {
          // Against real servers, of which each file starts its own: they wait more than they work.
          name: 'postgres',
          setupFiles,
          include: ['**/*.pg.test.ts'],
          exclude: everywhere,
          testTimeout: 180_000,
          hookTimeout: 240_000,
          expect: { poll: { timeout: 30_000 } },
          pool: 'forks',
          maxWorkers: 4,
        },
      },
    ],
  },
});
